"""Where mail for a domain goes: MX hosts in order (RFC 5321 §5.1), or why nowhere (RFC 7505).

Takes a recipient's domain and the DNS's answers, hands on hosts and addresses or the reply that
says why there are none. The functions that decide are pure; `Router` asks the DNS for them.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal, Protocol

from pillarbox.base.public_address import is_public
from pillarbox.model.outcome import Deferred, Failed, Reply

_RDTYPES = {4: "A", 6: "AAAA"}


class Answer(Protocol):
    """What a resolver says of one name and type, in presentation form without last dots."""

    @property
    def status(self) -> Literal["ok", "nxdomain", "nodata", "trouble"]:
        """Which of the four cases it is."""

    @property
    def records(self) -> tuple[str, ...]:
        """A and AAAA: addresses; MX: `10 mx.example.com`, the null MX: `0 .`."""

    @property
    def authenticated(self) -> bool:
        """Whether DNSSEC vouches for it."""

    @property
    def canonical(self) -> str:
        """The name at the end of a chain of CNAMEs, empty without one."""


class Resolver(Protocol):
    """What routing needs of a DNS resolver: it answers, it does not raise."""

    async def query(self, name: str, rdtype: str, /) -> Answer:
        """Look one name and type up."""


@dataclass(frozen=True, slots=True)
class Host:
    """An MX host, or the domain itself where it has no MX; `vouched`: DNSSEC says that it is."""

    name: str
    preference: int
    vouched: bool = False


def domain_of(recipient: str) -> str:
    """Give a mailbox's domain in lower case."""
    return recipient.rpartition("@")[2].rstrip(".").lower()


def hosts_of(
    domain: str, answer: Answer, rank: Callable[[], float]
) -> tuple[Host, ...] | Failed | Deferred:
    """Order a domain's MX hosts; `rank` draws the order of hosts of equal preference."""
    if answer.status == "trouble":
        return Deferred(Reply(451, f"4.4.3 DNS trouble looking up {domain}", "4.4.3"))
    if answer.status == "nxdomain":
        return Failed(Reply(550, f"5.1.2 The domain {domain} does not exist", "5.1.2"))
    if answer.status == "nodata":
        return (Host(domain, 0, answer.authenticated),)
    ranked = sorted(
        (_host(record, answer.authenticated) for record in answer.records),
        key=lambda h: (h.preference, rank()),
    )
    hosts = tuple(host for host in ranked if host.name not in {"", "."})
    if not hosts:
        return Failed(Reply(556, f"5.1.10 The domain {domain} takes no mail (null MX)", "5.1.10"))
    return hosts


def _host(record: str, vouched: bool) -> Host:
    preference, _, name = record.partition(" ")
    return Host(name.rstrip(".").lower(), int(preference), vouched)


def _is_address(name: str) -> bool:
    """Tell whether a name is an address instead: no top-level domain is a number (RFC 3696 §2)."""
    return ":" in name or name.rpartition(".")[2].isdigit()


def unroutable(recipient: str) -> Failed | None:
    """Refuse what has no domain to look up: address literals and plain names."""
    domain = domain_of(recipient)
    if domain.endswith("]"):
        return Failed(Reply(553, "5.1.3 Address literals are not accepted", "5.1.3"))
    if not domain or "@" not in recipient:
        return Failed(Reply(553, "5.1.3 The recipient address is not valid", "5.1.3"))
    return None


def in_turn(families: Sequence[Sequence[str]]) -> list[str]:
    """Put addresses of several IP versions in turn (RFC 8305 §4): each is tried early."""
    rows = zip_longest(*families)
    return [address for row in rows for address in row if address is not None]


class Router:
    """Asks the DNS for a domain's hosts and a host's addresses."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        allow_private: bool = False,
        rank: Callable[[], float] = random.random,
    ) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self._rank = rank

    async def hosts(self, domain: str) -> tuple[Host, ...] | Failed | Deferred:
        """Give a domain's hosts in the order to try them, or why there are none."""
        return hosts_of(domain, await self._resolver.query(domain, "MX"), self._rank)

    async def addresses(
        self, host: Host, versions: Sequence[int] = (4,)
    ) -> tuple[str, ...] | Failed | Deferred:
        """Give a host's addresses of the IP versions we send by, or why there are none."""
        if _is_address(host.name):  # RFC 5321 §5.1: an MX names a host, not an address
            return Failed(Reply(550, f"5.4.4 {host.name} is no name of a host", "5.4.4"))
        answers = await asyncio.gather(
            *(self._resolver.query(host.name, _RDTYPES[version]) for version in versions)
        )
        status = {answer.status for answer in answers}
        found = in_turn([one.records if one.status == "ok" else () for one in answers])
        allowed = tuple(address for address in found if self._allow_private or is_public(address))
        if allowed:
            return allowed
        if found:
            return Failed(Reply(550, f"5.4.4 {host.name} has no public address", "5.4.4"))
        if "trouble" in status:
            return Deferred(Reply(451, f"4.4.3 DNS trouble looking up {host.name}", "4.4.3"))
        return Failed(Reply(550, f"5.4.4 {host.name} has no address", "5.4.4"))
