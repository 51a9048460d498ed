"""The chart of an address's warm-up: the plan of 45 days, and what it sent on each of them. Pure.

Takes when the warm-up began and the counts by day (UTC); hands on geometry in the units of the
drawing, which a template writes as SVG. The scale is logarithmic, as the plan grows by a constant
factor: it is a straight line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log10

from pillarbox.model.warmup import DAYS, PLAN, day_of

WIDTH, HEIGHT = 760, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 14, 228
_MOST = 100_000
_SLOT = (WIDTH - _LEFT - _RIGHT) / DAYS
_MARKED = (1, 5, 10, 15, 20, 25, 30, 35, 40, 45)


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the grid or a day below it: where, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A column; `text` says what it stands for."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmupChart:
    """What is drawn. `plan`: points of a line (SVG `points`). `today`: where the column of today
    begins, None when the warm-up is over. `slot`: how wide a day is.
    """

    plan: str
    sent: tuple[Bar, ...]
    overflowed: tuple[Bar, ...]
    today: float | None
    rules: tuple[Mark, ...]
    days: tuple[Mark, ...]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = _BOTTOM
    slot: float = round(_SLOT, 2)


def warmup_chart(started_at: int, now: int, counts: Mapping[int, tuple[int, int]]) -> WarmupChart:
    """Lay the chart out. `counts`: by day (UTC), what was taken and what overflowed.

    A day (UTC) stands where its end lies in the plan, whose volume it may reach.
    """
    first, today = day_of(started_at), day_of(now) - day_of(started_at)
    drawn = [(day - first, *counts[day]) for day in sorted(counts) if 0 <= day - first < DAYS]
    return WarmupChart(
        plan=" ".join(f"{_x(day) + _SLOT / 2:.1f},{_y(limit)}" for day, limit in enumerate(PLAN)),
        sent=tuple(
            _bar(day, 0.12, 0.5, taken, f"Day {day + 1}: {taken:,} sent of {PLAN[day]:,}")
            for day, taken, _ in drawn
            if taken
        ),
        overflowed=tuple(
            _bar(day, 0.66, 0.24, over, f"Day {day + 1}: {over:,} overflowed")
            for day, _, over in drawn
            if over
        ),
        today=round(_x(today), 1) if 0 <= today < DAYS else None,
        rules=tuple(Mark(_y(value), f"{value:,}") for value in (1, 10, 100, 1000, 10_000, _MOST)),
        days=tuple(Mark(round(_x(day - 1) + _SLOT / 2, 1), str(day)) for day in _MARKED),
    )


def _x(day: int) -> float:
    return _LEFT + day * _SLOT


def _y(value: int) -> float:
    share = log10(min(max(value, 1), _MOST)) / log10(_MOST)
    return round(_BOTTOM - share * (_BOTTOM - _TOP), 1)


def _bar(day: int, offset: float, width: float, value: int, text: str) -> Bar:
    """Draw a value in a day's place; a single message is to be seen as well."""
    y = min(_y(value), _BOTTOM - 3)
    x = _x(day) + offset * _SLOT
    return Bar(round(x, 1), y, round(width * _SLOT, 1), round(_BOTTOM - y, 1), text)
