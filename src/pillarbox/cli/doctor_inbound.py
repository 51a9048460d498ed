"""What `pillarbox doctor` looks at of mail that comes back: the way in, and the SPF of its domain.

Takes settings and a resolver; hands on what was found. No mail is sent: the session ends after
RCPT, which tells whether our own addresses are taken where DNS leads to, also behind another mail
server.
"""

import asyncio
import ipaddress
import smtplib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pillarbox.base.resolver import Resolver
from pillarbox.base.settings import Settings
from pillarbox.identity.names import ServiceNames
from pillarbox.proto.dns.spf import spf_records

PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is: `good`, or else whether nothing works without it (`fatal`)."""

    text: str
    good: bool = True
    fatal: bool = False


async def look_at_way_in(settings: Settings, resolver: Resolver) -> Finding:
    """Look whether mail for our return paths reaches the inbound listener, as the world sends it.

    The port is that of MX hosts, 25 but for tests.
    """
    names = ServiceNames(settings.service.domain)
    found = [await resolver.query(names.helo, kind, fresh=True) for kind in ("A", "AAAA")]
    addresses = [one for answer in found for one in answer.records]
    if not addresses:
        text = f"{names.helo}, the MX of return paths, has no address: no bounce can come back"
        return Finding(text, good=False, fatal=True)
    port, address = settings.deliver.smtp_port, f"feedback@{names.bounce_domain}"
    for one in addresses:
        answer = await asyncio.to_thread(_ask, one, port, address)
        if answer is not None:
            text = f"{names.helo} ({one}) port {port} {answer}"
            return Finding(f"{text}: lead it to {settings.listen.inbound}", good=False)
    shown = ", ".join(addresses)
    return Finding(f"{names.helo} ({shown}) port {port} takes mail for {names.bounce_domain}")


async def look_at_spf(
    settings: Settings, resolver: Resolver, sending: Sequence[str] = ()
) -> Finding:
    """Look at the SPF record that receivers check our return paths by (RFC 7208 §4.5).

    `sending`: addresses that this node sends from.
    """
    names = ServiceNames(settings.service.domain)
    domain, wanted = names.bounce_domain, f"v=spf1 a:{names.helo} -all"
    answer = await resolver.query(domain, "TXT", fresh=True)
    if answer.status == "trouble":
        return Finding(f"DNS gives no answer for {domain}: {answer.detail}", good=False)
    records = spf_records(answer.records)
    if len(records) > 1:
        text = f"{domain} has {len(records)} SPF records, of which one at most may be: “{wanted}”"
        return Finding(text, good=False, fatal=True)
    if not records:
        return Finding(f"{domain} has no SPF record; it should be “{wanted}”", good=False)
    host = [await resolver.query(names.helo, kind) for kind in ("A", "AAAA")]
    known = [one for found in host for one in found.records]
    missing = [one for one in sending if not _passes(records[0], names.helo, known, one)]
    if missing:
        text = f"{domain} “{records[0]}” does not pass {', '.join(missing)}, which mail leaves by"
        return Finding(text, good=False)
    return Finding(f"{domain} {records[0]}")


def _ask(address: str, port: int, recipient: str) -> str | None:
    """Ask a mail server whether it takes mail for a recipient; None when it does."""
    session = smtplib.SMTP(local_hostname="localhost", timeout=PROBE_SECONDS)
    try:
        code, text = session.connect(address, port)
        if code != 220:
            return f"greets with {code} {_shown(text)}"
        session.ehlo_or_helo_if_needed()
        session.mail("")
        code, text = session.rcpt(recipient)
        session.docmd("QUIT")
    except (OSError, smtplib.SMTPException) as error:
        return f"can't be reached from here ({str(error)[:100] or type(error).__name__})"
    finally:
        session.close()
    return None if code == 250 else f"refuses {recipient}: {code} {_shown(text)}"


def _shown(text: bytes) -> str:
    return "".join(one for one in text.decode("latin-1")[:80] if one.isprintable())


def _passes(record: str, host: str, known: Iterable[str], address: str) -> bool:
    """Tell whether a record passes an address, as far as that can be told from it alone.

    Mechanisms that ask other names (include, exists, mx) are given the benefit of the doubt.
    """
    for term in record.lower().split()[1:]:
        name, _, value = term.lstrip("+").partition(":")
        if name in {"include", "exists", "mx", "ptr", "a"} and value != host.lower():
            return True
        if name == "a" and address in set(known):
            return True
        if name in {"ip4", "ip6"} and _within(address, value):
            return True
    return "+all" in record.lower().split()


def _within(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
