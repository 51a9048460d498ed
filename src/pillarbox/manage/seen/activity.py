"""What happened to an account's mail over time, from counts that are kept while it happens.

Two queries of a few thousand rows at most, however much was sent. Spans are those of UTC, the last
one the one we are in.
"""

from dataclasses import astuple, dataclass

from sqlalchemy import Connection

from pillarbox.model.event import BOUNCE, CLICK, COMPLAINT, DELIVERY, OPEN
from pillarbox.model.reputation import HOUR_MS
from pillarbox.store.publishing.counts import accepted_over_time, events_over_time

_DAY_MS = 24 * HOUR_MS
_PERMANENT, _HUMAN = "Permanent", "human"


@dataclass(frozen=True, slots=True)
class Span:
    """How far back is looked, and in which steps."""

    label: str
    step_ms: int
    count: int

    def since(self, now: int) -> int:
        """Give the start of the first step."""
        return now // self.step_ms * self.step_ms - (self.count - 1) * self.step_ms

    def starts(self, now: int) -> range:
        """Give the start of each step."""
        first = self.since(now)
        return range(first, first + self.count * self.step_ms, self.step_ms)


SPANS = {
    "day": Span("24 hours", HOUR_MS, 24),
    "week": Span("7 days", _DAY_MS, 7),
    "month": Span("30 days", _DAY_MS, 30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often what happened. `sent`: recipients accepted. Opens and clicks of people; of proxies
    and scanners apart.
    """

    sent: int = 0
    delivered: int = 0
    bounced: int = 0
    bounced_for_good: int = 0
    complained: int = 0
    opened: int = 0
    opened_by_machines: int = 0
    clicked: int = 0
    clicked_by_machines: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Put two together."""
        pairs = zip(self.__slots__, astuple(self), astuple(other), strict=True)
        return Counts(**{name: mine + theirs for name, mine, theirs in pairs})


@dataclass(frozen=True, slots=True)
class Activity:
    """Counts by the start of each step, none left out, and all together."""

    points: tuple[tuple[int, Counts], ...]
    total: Counts


def activity(conn: Connection, account_id: str, span: Span, *, now: int) -> Activity:
    """Give what happened in a span of time that ends now."""
    since = span.since(now)
    sent = accepted_over_time(conn, account_id, since=since, step_ms=span.step_ms)
    sums = {start: Counts(sent=sent.get(start, 0)) for start in span.starts(now)}
    for start, event_type, kind, number in events_over_time(
        conn, account_id, since=since, step_ms=span.step_ms
    ):
        if start in sums:  # what a clock that runs ahead has dated later is left out
            sums[start] += _counted(event_type, kind, number)
    return Activity(tuple(sums.items()), sum(sums.values(), Counts()))


def _counted(event_type: str, kind: str, number: int) -> Counts:
    """Say what a number of events of a type and kind counts as."""
    if event_type == BOUNCE:
        return Counts(bounced=number, bounced_for_good=number if kind == _PERMANENT else 0)
    people = kind == _HUMAN
    name = {
        DELIVERY: "delivered",
        COMPLAINT: "complained",
        OPEN: "opened" if people else "opened_by_machines",
        CLICK: "clicked" if people else "clicked_by_machines",
    }.get(event_type)
    return Counts(**{name: number}) if name else Counts()
