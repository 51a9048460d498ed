"""What DNS says of the records that we ask for: found, missing, another one, or no answer."""

from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pillarbox.base.resolver import Answer

State = Literal["found", "missing", "different", "trouble"]


class Lookup(Protocol):
    """A resolver."""

    def query(self, name: str, rdtype: str, *, fresh: bool = False) -> Awaitable[Answer]:
        """Look a name up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What DNS says of one record. `error`: the same as VerificationInfo names it."""

    name: str
    expected: str
    state: State
    seen: str = ""
    error: str | None = None


def judge_answer(name: str, expected: str, answer: Answer, *, right: bool) -> Finding:
    """Make a finding of an answer; `right`: its records are what they should be."""
    state, seen, error = _read(answer, right=right)
    return Finding(name=name, expected=expected, state=state, seen=seen, error=error)


def _read(answer: Answer, *, right: bool) -> tuple[State, str, str | None]:
    if answer.status == "trouble":
        return "trouble", answer.detail, "DNS_SERVER_ERROR"
    if answer.status == "nxdomain":
        return "missing", "", "HOST_NOT_FOUND"
    if answer.status == "nodata":
        return "missing", "", "TYPE_NOT_FOUND"
    seen = ", ".join(answer.records)
    return ("found", seen, None) if right else ("different", seen, "INVALID_VALUE")


def all_found(findings: Sequence[Finding]) -> bool:
    """Tell whether there is something to find and all of it is there."""
    return bool(findings) and all(one.state == "found" for one in findings)


def any_trouble(findings: Iterable[Finding]) -> bool:
    """Tell whether DNS gave no usable answer for one of them."""
    return any(one.state == "trouble" for one in findings)


def error_type(findings: Iterable[Finding]) -> str | None:
    """Name what keeps an identity from being verified, as VerificationInfo does; None: nothing."""
    errors = {one.error for one in findings}
    order = ("DNS_SERVER_ERROR", "INVALID_VALUE", "HOST_NOT_FOUND", "TYPE_NOT_FOUND")
    return next((one for one in order if one in errors), None)
