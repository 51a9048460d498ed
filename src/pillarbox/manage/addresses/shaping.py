"""Destination groups in the operator's hands: their limits now, why, who uses and who blocks.

Functions on a connection; the console and `pillarbox shaping` show what they give.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.deliver.adaptive import GroupState
from pillarbox.deliver.groups import Groups
from pillarbox.deliver.shaping import CONNECTIONS
from pillarbox.store.addresses import address_blocks, shaping
from pillarbox.store.addresses.dedicated_ips import ADDRESSES
from pillarbox.store.generations import bump_scope
from pillarbox.store.portions import all_holdings


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNow:
    """A group as it is now.

    `connections`, `messages_per_second`: what holds now, after the factor; 0 a second: no limit.
    `workers`: how many workers have connections or mail for it. `why`: its last complaint,
    `shrunk_at` when that was (milliseconds, 0: never). `source`: where its numbers come from.
    """

    name: str
    listed: bool
    connections: int
    messages_per_connection: int
    messages_per_second: float
    factor: float
    why: str
    shrunk_at: int
    workers: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedAddress:
    """An address that a group blocks, and for how long it is left out (milliseconds).

    `address` empty: the system's own. `times`: blocks in a row.
    """

    address: str
    group: str
    since: int
    until: int
    times: int
    reply: str


def list_groups(conn: Connection, groups: Groups, now: int) -> list[GroupNow]:
    """Give the groups that are in a table, complained, or are used now, by name."""
    states = {row[0]: GroupState(*row) for row in shaping.all_states(conn)}
    workers: dict[str, int] = {}
    for one in all_holdings(conn, CONNECTIONS, now):
        name = one.name.removeprefix(CONNECTIONS)
        workers[name] = workers.get(name, 0) + 1
    names = {group.name for group in groups.listed} | set(states) | set(workers)
    return [
        _group(groups, states.get(name, GroupState(name)), workers.get(name, 0))
        for name in sorted(names)
    ]


def show_group(conn: Connection, groups: Groups, name: str, now: int) -> GroupNow | None:
    """Give one group by its name; None for one that is in no table, and did not complain."""
    return next((one for one in list_groups(conn, groups, now) if one.name == name), None)


def reset_group(conn: Connection, name: str) -> bool:
    """Forget what a group complained of, and which addresses it blocked; tell whether it had."""
    forgotten = shaping.forget_state(conn, name)
    unblocked = address_blocks.forget_blocks(conn, name)
    if unblocked:
        bump_scope(conn, ADDRESSES)
    return forgotten or unblocked


def blocked_addresses(conn: Connection, now: int) -> Sequence[BlockedAddress]:
    """Give the addresses that are left out for a group now."""
    return [
        BlockedAddress(
            address=row.address,
            group=row.group,
            since=row.since,
            until=row.until,
            times=row.times,
            reply=row.reply,
        )
        for row in address_blocks.all_blocks(conn, now)
    ]


def _group(groups: Groups, state: GroupState, workers: int) -> GroupNow:
    group = groups.named(state.name)
    return GroupNow(
        name=group.name,
        listed=group.listed,
        connections=max(1, math.floor(group.connections * state.factor)),
        messages_per_connection=group.messages_per_connection,
        messages_per_second=group.messages_per_second * state.factor,
        factor=state.factor,
        why=state.why,
        shrunk_at=state.shrunk_at,
        workers=workers,
        source=groups.source(group.name),
    )
