"""Looking up a host's TLSA records, where DNSSEC vouches for the way to them (RFC 7672 §2.2).

Takes an MX host and the port, hands on what DANE says of it. Without a resolver on loopback that
validates, nothing is vouched for, and no TLSA record is asked for.
"""

from pillarbox.deliver.route import Answer, Host, Resolver
from pillarbox.deliver.tls_choice import DaneFound
from pillarbox.proto.dns.tlsa import DANE_TA, usable_records

_NOTHING = DaneFound()


async def look_up_dane(resolver: Resolver, host: Host, domain: str, port: int) -> DaneFound:
    """Ask for one host's records; `domain`: the recipient's, which a certificate may name too."""
    if not host.vouched:
        return _NOTHING
    for base in await _bases(resolver, host):
        answer = await resolver.query(f"_{port}._tcp.{base}", "TLSA")
        if answer.status == "trouble":
            return DaneFound("trouble", base)
        if answer.status == "ok" and answer.authenticated:
            return _found(answer, base, host, domain)
    return _NOTHING


def _found(answer: Answer, base: str, host: Host, domain: str) -> DaneFound:
    usable = usable_records(answer.records)
    # Names count below an authority alone; without them, domains share their host's connections.
    authority = any(one.usage == DANE_TA for one in usable)
    names = tuple(dict.fromkeys((base, host.name, domain))) if authority else (base,)
    return DaneFound("secure" if usable else "unusable", base, usable, names)


async def _bases(resolver: Resolver, host: Host) -> tuple[str, ...]:
    """Give the names whose records count, in their order (RFC 7672 §2.2.2, §2.2.3).

    A host whose addresses are not vouched for has none: its operator did not sign, and asking would
    only meet servers that do not know TLSA (§2.2.2).
    """
    address = await resolver.query(host.name, "A")
    if address.status != "ok":
        address = await resolver.query(host.name, "AAAA")
    if address.authenticated:
        return tuple(dict.fromkeys(one for one in (address.canonical, host.name) if one))
    if not address.canonical:
        return ()
    alias = await resolver.query(host.name, "CNAME")  # it may be signed where its target is not
    return (host.name,) if alias.status == "ok" and alias.authenticated else ()
