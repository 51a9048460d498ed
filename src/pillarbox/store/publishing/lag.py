"""How far behind destinations are: what waits for each, since when, and why. Bounded: counts end at
COUNT_MOST, and of what waits only the first of each shard is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Table,
    and_,
    func,
    literal,
    or_,
    select,
    true,
)

from pillarbox.base.ids import uuid7_ms
from pillarbox.model.publishing import SHARDS
from pillarbox.store.publishing.outbox import ids_table
from pillarbox.store.tables import dead_letters, event_destinations, outbox, outbox_shards

#: What is counted no further.
COUNT_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRow:
    """An event destination in the list of an account's; `kind`: one of KINDS."""

    id: bytes
    configuration_set: str
    name: str
    enabled: bool
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """What waits for a destination. `waiting`, `dead`: at most COUNT_MOST + 1, which means more.

    `since`: when the oldest began to wait; `attempts` and `error`: of the one that was tried most
    often; `resting`: shards that back off, the first of them until `rests_until` (milliseconds).
    """

    waiting: int = 0
    dead: int = 0
    since: int | None = None
    attempts: int = 0
    error: str = ""
    resting: int = 0
    rests_until: int | None = None


def list_destinations(
    conn: Connection, account_id: str, *, after: tuple[str, str], limit: int, behind: bool
) -> list[DestinationRow]:
    """Give destinations of all of an account's sets by set and name, past a pair of them.

    `behind`: only those that something waits for, or that have dead letters.
    """
    rows = event_destinations.c
    set_name, name = after
    past = or_(
        rows.configuration_set > set_name,
        and_(rows.configuration_set == set_name, rows.name > name),
    )
    query = select(rows.id, rows.configuration_set, rows.name, rows.enabled, rows.kind).where(
        rows.account_id == account_id, past
    )
    if behind:
        query = query.where(
            or_(_first(outbox).is_not(None), _first(dead_letters).is_not(None)),
        )
    query = query.order_by(rows.configuration_set, rows.name).limit(limit)
    return [DestinationRow(**row._asdict()) for row in conn.execute(query)]


def find_lags(conn: Connection, destinations: Sequence[bytes], now: int) -> dict[bytes, Lag]:
    """Tell how far behind destinations are, by id; four queries, however many there are."""
    if not destinations:
        return {}
    waiting = _count(conn, outbox, destinations)
    dead = _count(conn, dead_letters, destinations)
    heads: dict[bytes, list[Any]] = {}
    for row in _heads(conn, destinations):
        heads.setdefault(bytes(row.destination_id), []).append(row)
    resting = _resting(conn, destinations, now)
    return {
        one: _lag(waiting[one], dead[one], heads.get(one, ()), *resting.get(one, (0, None)))
        for one in destinations
    }


def _lag(
    waiting: int, dead: int, heads: Sequence[Any], resting: int, rests_until: int | None
) -> Lag:
    worst = max(heads, key=lambda row: int(row.attempts), default=None)
    return Lag(
        waiting=waiting,
        dead=dead,
        since=min((row.waiting_since or uuid7_ms(row.event_id) for row in heads), default=None),
        attempts=worst.attempts if worst else 0,
        error=(worst.last_error or "") if worst else "",
        resting=resting,
        rests_until=rests_until,
    )


def _first(table: Table) -> ScalarSelect[bytes]:
    """Give the first row of a destination, none where it has none: one step in the index."""
    query = select(table.c.event_id).where(*_of(table, event_destinations.c.id))
    return query.order_by(table.c.destination_id).limit(1).scalar_subquery()


def _of(table: Table, destination: ColumnElement[bytes]) -> tuple[ColumnElement[bool], ...]:
    """Choose a destination's rows, for a query that is ordered by destination.

    As a range: an order by what is said to be equal is none, and PostgreSQL then reads the whole
    table for each destination as soon as it knows that most rows belong to one of them.
    """
    return table.c.destination_id >= destination, table.c.destination_id <= destination


def _count(conn: Connection, table: Table, destinations: Sequence[bytes]) -> dict[bytes, int]:
    ids = ids_table(destinations)
    some = (
        select(literal(1).label("one"))
        .select_from(table)
        .where(*_of(table, ids.c.id))
        .order_by(table.c.destination_id)
        .limit(COUNT_MOST + 1)
        .correlate(ids)
        .subquery()
    )
    number = select(func.count()).select_from(some).scalar_subquery()
    query = select(ids.c.id, number.label("number"))
    return {bytes(row.id): row.number for row in conn.execute(query)}


def _heads(conn: Connection, destinations: Sequence[bytes]) -> Sequence[Any]:
    """Give the first row of each shard: one step in the index for each."""
    numbers = select(literal(0).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < SHARDS - 1))
    ids = ids_table(destinations)
    inner = outbox.alias()
    first = (
        select(inner.c.event_id)
        .where(inner.c.destination_id == ids.c.id, inner.c.shard == numbers.c.n)
        .order_by(inner.c.event_id)
        .limit(1)
        .correlate(ids, numbers)
        .scalar_subquery()
    )
    found = select(ids.c.id, first.label("event_id")).select_from(ids.join(numbers, true()))
    heads = found.subquery("heads")
    query = select(
        outbox.c.destination_id,
        outbox.c.event_id,
        outbox.c.waiting_since,
        outbox.c.attempts,
        outbox.c.last_error,
    ).join(
        heads,
        (outbox.c.event_id == heads.c.event_id) & (outbox.c.destination_id == heads.c.id),
    )
    return conn.execute(query).all()


def _resting(
    conn: Connection, destinations: Sequence[bytes], now: int
) -> dict[bytes, tuple[int, int | None]]:
    shards = outbox_shards.c
    query = (
        select(
            shards.destination_id,
            func.count().label("number"),
            func.min(shards.due_at).label("until"),
        )
        .where(shards.destination_id.in_(destinations), shards.due_at > now, shards.failures > 0)
        .group_by(shards.destination_id)
    )
    return {bytes(row.destination_id): (row.number, row.until) for row in conn.execute(query)}
