"""How far addresses are with their warm-up, and what they took of their days' volume.

Functions on a connection, to be run in a read transaction of the store. What a warm address sends
has no limit and is not counted by address.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.model.sending_address import SendingAddress
from pillarbox.model.warmup import DAYS, day_limit, day_of, is_warm, percentage
from pillarbox.store.warmup_volume import read_days

#: What a day has: messages taken of its volume, and attempts that found it used up.
Days = dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressState:
    """An address as it stands today. `limit`: messages today, None when it is warm."""

    address: SendingAddress
    percentage: int
    limit: int | None
    taken: int
    overflowed: int


def states_today(
    conn: Connection, addresses: Sequence[SendingAddress], *, now: int
) -> list[AddressState]:
    """Tell of each address how it stands, in their order."""
    today = day_of(now)
    counted = read_days(conn, [one.address for one in addresses], today)
    return [state_of(one, counted.get(one.address, {}), now=now) for one in addresses]


def read_history(conn: Connection, one: SendingAddress, *, now: int) -> Days:
    """Give the days that have counts, those of the last warm-up's length."""
    since = day_of(now) - DAYS
    return read_days(conn, [one.address], since).get(one.address, {})


def state_of(one: SendingAddress, days: Days, *, now: int) -> AddressState:
    """Tell how an address stands, from its counted days. Pure."""
    started = one.warmup_started_at
    limit = None if started is None or is_warm(started, now) else day_limit(started, now)
    taken, overflowed = days.get(day_of(now), (0, 0))
    return AddressState(
        address=one,
        percentage=percentage(started, now),
        limit=limit,
        taken=taken,
        overflowed=overflowed,
    )
