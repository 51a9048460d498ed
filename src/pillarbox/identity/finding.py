"""Looking up a domain's records: what was found, what is missing, what is another one."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pillarbox.base.resolver import Answer
from pillarbox.identity.names import ServiceNames


class Lookup(Protocol):
    """A resolver."""

    def query(self, name: str, rdtype: str, *, fresh: bool = False) -> Awaitable[Answer]:
        """Look a name up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What DNS says of one record. `state`: found, missing, different, trouble."""

    name: str
    expected: str
    state: str
    seen: str = ""


async def look_up_tokens(
    resolver: Lookup, names: ServiceNames, identity: str, tokens: Sequence[str]
) -> list[Finding]:
    """Look up the CNAME record of each token, past any cache."""
    return [await _look_up(resolver, names, identity, token) for token in tokens]


async def _look_up(resolver: Lookup, names: ServiceNames, identity: str, token: str) -> Finding:
    name, expected = names.dkim_record_name(token, identity), names.dkim_target(token)
    answer = await resolver.query(name, "CNAME", fresh=True)
    seen = ", ".join(answer.records)
    if answer.status == "trouble":
        return Finding(name=name, expected=expected, state="trouble", seen=answer.detail)
    if answer.status != "ok":
        return Finding(name=name, expected=expected, state="missing")
    found = any(one.rstrip(".").lower() == expected.lower() for one in answer.records)
    state = "found" if found else "different"
    return Finding(name=name, expected=expected, state=state, seen=seen)


def error_type(findings: Sequence[Finding]) -> str | None:
    """Name what keeps an identity from being verified, as VerificationInfo does; None: nothing."""
    states = {one.state for one in findings}
    for state, name in (
        ("trouble", "DNS_SERVER_ERROR"),
        ("different", "INVALID_VALUE"),
        ("missing", "HOST_NOT_FOUND"),
    ):
        if state in states:
            return name
    return None
