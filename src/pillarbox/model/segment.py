"""The rule of a segment: which recipients belong to it (docs/segments.md)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Did:
    """Something happened: at least `times`, or, with `within` (milliseconds), so long ago at most.

    `kind`: of `model/engagement.py`.
    """

    kind: str
    times: int = 1
    within: int | None = None


@dataclass(frozen=True, slots=True)
class Has:
    """The recipient has an attribute; `value` None: whatever its value."""

    name: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """The rule does not hold."""

    rule: "Rule"


@dataclass(frozen=True, slots=True)
class Every:
    """All of these hold."""

    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of these holds, or more."""

    rules: "tuple[Rule, ...]"


Rule = Did | Has | Not | Every | Either


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A saved segment of an application. `rule`: as it was written."""

    application: str
    name: str
    rule: str
    created_at: int
