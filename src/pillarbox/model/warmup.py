"""How an address is warmed up: its share of the way, and how much it may send on a day. Pure.

The way takes 45 days and counts by time alone (facts §8); the address keeps when it began, and all
else follows from the clock. To be told a percentage is to have begun that much earlier. The plan
and its reason are in docs/warmup.md.
"""

from typing import NamedTuple

DAY_MS = 24 * 3600 * 1000
DAYS = 45
WARMUP_MS = DAYS * DAY_MS
FIRST_DAY, LAST_DAY = 50, 50_000

#: Messages a day: each day's volume is that of the day before times the same factor (about 1.17).
PLAN: tuple[int, ...] = tuple(
    round(FIRST_DAY * float(LAST_DAY / FIRST_DAY) ** (day / (DAYS - 1))) for day in range(DAYS)
)


class Volume(NamedTuple):
    """Messages of an address on a day (`day_of`), in all, or of them those to a group of hosts."""

    address: str
    day: int
    group: str = ""


def percentage(started_at: int | None, now: int) -> int:
    """Give how complete the warm-up is, 0 to 100; 100 is done."""
    if started_at is None:
        return 100
    return min(100, max(0, now - started_at) * 100 // WARMUP_MS)


def started_for(done: int, now: int) -> int | None:
    """Give when a warm-up began that is this many percent complete now; None: it is done."""
    return None if done >= 100 else now - done * WARMUP_MS // 100


def is_warm(started_at: int | None, now: int) -> bool:
    """Tell whether an address may send without a daily limit."""
    return percentage(started_at, now) >= 100


def day_limit(started_at: int, now: int) -> int:
    """Give how many messages an address may send on this day of its warm-up."""
    return PLAN[min(DAYS - 1, max(0, now - started_at) // DAY_MS)]


def plan_day(started_at: int, now: int) -> int:
    """Give the day of the plan that a warm-up has come to, from 1 to 45."""
    return min(DAYS, max(0, now - started_at) // DAY_MS + 1)


def day_of(now: int) -> int:
    """Give the number of the day (UTC) that volume is counted by."""
    return now // DAY_MS
