"""Where a domain's mail goes (RFC 5321 §5.1): its MX hosts by preference, or the domain itself.

Takes a resolver's answer; hands on host names in the order to try them, or the outcome when there
is nowhere to go. Equal preferences are shuffled with the randomness that is handed in.
"""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pillarbox.base.resolver import Answer
from pillarbox.model.outcome import Deferred, Failed, Outcome, Reply

MAX_HOSTS = 5


@dataclass(frozen=True, slots=True)
class Route:
    """The hosts to try, in order."""

    hosts: tuple[str, ...]


def route_of(
    domain: str, answer: Answer, shuffled: Callable[[Sequence[str]], list[str]]
) -> Route | Outcome:
    """Decide where the mail of a domain goes, from the answer to its MX query."""
    if domain.startswith("["):
        return Failed(Reply(550, "5.1.2 Address literals are not delivered to", "5.1.2"))
    if answer.status == "trouble":
        return Deferred(Reply(451, f"4.4.3 DNS for {domain}: {answer.detail}", "4.4.3"))
    if answer.status == "nxdomain":
        return Failed(Reply(550, f"5.1.2 The domain {domain} does not exist", "5.1.2"))
    exchanges = sorted(filter(None, map(_exchange, answer.records)))
    if not exchanges:
        return Route((domain,))  # implicit MX
    if [host for _, host in exchanges] == [""]:
        return Failed(Reply(556, f"5.1.10 {domain} takes no mail (null MX)", "5.1.10"))
    return Route(tuple(_by_preference(exchanges, shuffled)[:MAX_HOSTS]))


def refused_address(address: str, *, allow_private: bool) -> Outcome | None:
    """Refuse addresses that are no place on the internet, unless the deployment allows them."""
    if allow_private or ipaddress.ip_address(address).is_global:
        return None
    text = f"5.4.4 {address} is not a public address (network.allow_private_destinations)"
    return Failed(Reply(550, text, "5.4.4"))


def _exchange(record: str) -> tuple[int, str] | None:
    preference, _, host = record.partition(" ")
    if not preference.isdecimal():
        return None
    return int(preference), host.rstrip(".").lower()


def _by_preference(
    exchanges: Sequence[tuple[int, str]], shuffled: Callable[[Sequence[str]], list[str]]
) -> list[str]:
    hosts: list[str] = []
    for preference in sorted({one for one, _ in exchanges}):
        equal = [host for number, host in exchanges if number == preference and host]
        hosts += shuffled(equal)
    return list(dict.fromkeys(hosts))
