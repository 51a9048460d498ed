"""How far addresses are with their warm-up, what they took of their days' volume, who blocks them.

Functions on a connection, to be run in a read transaction of the store. What a warm address sends
has no limit and is not counted by address.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.deliver.groups import Groups
from pillarbox.deliver.warmup_volume import group_limit
from pillarbox.manage.addresses.shaping import BlockedAddress, blocked_addresses
from pillarbox.model.sending_address import SendingAddress
from pillarbox.model.warmup import DAY_MS, DAYS, PLAN, day_limit, day_of, is_warm, percentage
from pillarbox.store.addresses.warmup_volume import read_days, read_group_day

#: What a day has: messages taken of its volume, and attempts that found it used up.
Days = dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressState:
    """An address as it stands today. `limit`: messages today, None when it is warm. `blocked_by`:
    the groups of hosts that it is left out for now.
    """

    address: SendingAddress
    percentage: int
    limit: int | None
    taken: int
    overflowed: int
    blocked_by: tuple[BlockedAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupShare:
    """What an address took today of a group's share of its volume. `limit`: None when it is warm.

    `overflowed`: attempts that found the share used up.
    """

    group: str
    limit: int | None
    taken: int
    overflowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDay:
    """A day of an address's plan: `number` from 1 on, its beginning (UTC, milliseconds), its limit,
    what was taken of it, and attempts that found it used up.
    """

    number: int
    at: int
    limit: int
    taken: int
    overflowed: int


def states_today(
    conn: Connection, addresses: Sequence[SendingAddress], *, now: int
) -> list[AddressState]:
    """Tell of each address how it stands, in their order."""
    today = day_of(now)
    counted = read_days(conn, [one.address for one in addresses], today)
    blocks = blocked_addresses(conn, now) if addresses else ()
    return [state_of(one, counted.get(one.address, {}), blocks, now=now) for one in addresses]


def shares_today(
    conn: Connection, one: SendingAddress, groups: Groups, *, now: int
) -> list[GroupShare]:
    """Tell what an address took today for each group of hosts that has a share, by name."""
    counted = read_group_day(conn, day_of(now)).get(one.address, {})
    limit = _limit(one, now)
    return [
        GroupShare(
            group=name,
            limit=None if limit is None else group_limit(groups.named(name), limit),
            taken=taken,
            overflowed=overflowed,
        )
        for name, (taken, overflowed) in sorted(counted.items())
    ]


def read_history(conn: Connection, one: SendingAddress, *, now: int) -> Days:
    """Give the days that have counts, those of the last warm-up's length."""
    since = day_of(now) - DAYS
    return read_days(conn, [one.address], since).get(one.address, {})


def plan_of(one: SendingAddress, days: Days) -> list[PlanDay]:
    """Give the plan of an address with what its days have counted; none without a warm-up. Pure."""
    if one.warmup_started_at is None:
        return []
    first = day_of(one.warmup_started_at)
    return [
        PlanDay(
            number=place + 1,
            at=(first + place) * DAY_MS,
            limit=limit,
            taken=days.get(first + place, (0, 0))[0],
            overflowed=days.get(first + place, (0, 0))[1],
        )
        for place, limit in enumerate(PLAN)
    ]


def state_of(
    one: SendingAddress, days: Days, blocks: Sequence[BlockedAddress] = (), *, now: int
) -> AddressState:
    """Tell how an address stands, from its counted days and the blocks of all addresses. Pure."""
    taken, overflowed = days.get(day_of(now), (0, 0))
    return AddressState(
        address=one,
        percentage=percentage(one.warmup_started_at, now),
        limit=_limit(one, now),
        taken=taken,
        overflowed=overflowed,
        blocked_by=tuple(block for block in blocks if block.address == one.address),
    )


def _limit(one: SendingAddress, now: int) -> int | None:
    started = one.warmup_started_at
    return None if started is None or is_warm(started, now) else day_limit(started, now)
