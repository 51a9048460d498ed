"""The outbox: which shards have something, who drains them, what became of their events.

A row leaves the outbox when its destination has the event, when the destination is gone or
disabled, or into `dead_letters` (`store/publishing/dead_letters.py`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from pillarbox.base.ids import uuid7_ms
from pillarbox.model.event import TEST
from pillarbox.model.publishing import SHARDS, Record, Shard, Waiting
from pillarbox.store.dialect import insert_or_ignore, upsert
from pillarbox.store.publishing.events import event_record, with_mail
from pillarbox.store.publishing.notices import read_notices
from pillarbox.store.tables import (
    dead_letters,
    event_destinations,
    events,
    identity_notifications,
    messages,
    outbox,
    outbox_shards,
    recipients,
    topic_subscriptions,
)

_rows, _shards = outbox.c, outbox_shards.c
NOWHERE = bytes(16)
#: A shard's failures say something of its destination for so long.
LATELY_MS = 120_000


def destinations_with_events(conn: Connection, after: bytes, limit: int) -> list[bytes]:
    """Give destinations that something waits for, by id, from the first one past `after`.

    One step in the index for each, however much waits there.
    """
    one = outbox.alias()
    first = (
        select(one.c.destination_id)
        .where(one.c.destination_id > after)
        .order_by(one.c.destination_id)
        .limit(1)
        .scalar_subquery()
    )
    found = select(first.label("id")).cte("found", recursive=True)
    later = outbox.alias()
    following = (
        select(later.c.destination_id)
        .where(later.c.destination_id > found.c.id)
        .order_by(later.c.destination_id)
        .limit(1)
        .scalar_subquery()
    )
    found = found.union_all(select(following).where(found.c.id.is_not(None)))
    query = select(found.c.id).where(found.c.id.is_not(None)).limit(limit)
    return [bytes(one) for one in conn.execute(query).scalars()]


def shards_to_drain(
    conn: Connection, destinations: Sequence[bytes], owner: str, now: int
) -> list[tuple[Shard, int]]:
    """Give the shards of destinations that have something and that `owner` may drain now, each with
    how often in a row nothing went through at its destination of late.
    """
    if not destinations:
        return []
    numbers = select(literal(0).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < SHARDS - 1))
    ids = ids_table(destinations)
    waits = exists().where(_rows.destination_id == ids.c.id, _rows.shard == numbers.c.n)
    other = outbox_shards.alias()
    failures = (
        select(func.max(other.c.failures))
        .where(other.c.destination_id == ids.c.id, other.c.due_at > now - LATELY_MS)
        .scalar_subquery()
    )
    query = (
        select(ids.c.id, numbers.c.n, failures.label("failures"))
        .select_from(ids.join(numbers, true()))
        .outerjoin(
            outbox_shards,
            (_shards.destination_id == ids.c.id) & (_shards.shard == numbers.c.n),
        )
        .where(waits, or_(_shards.owner.is_(None), _is_free(owner, now)))
    )
    return [(Shard(bytes(row.id), row.n), row.failures or 0) for row in conn.execute(query)]


def take_shard(conn: Connection, shard: Shard, owner: str, now: int, until: int) -> int | None:
    """Take the lease on a shard until a moment; give how often in a row nothing went through there.

    None: another owner's lease has not ended, or it is too early to try again.
    """
    statement = upsert(conn.dialect.name, outbox_shards).values(
        destination_id=shard.destination_id,
        shard=shard.number,
        owner=owner,
        until=until,
        due_at=now,
        failures=0,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["destination_id", "shard"],
        set_={"owner": owner, "until": until},
        where=_is_free(owner, now),
    )
    return conn.execute(statement.returning(_shards.failures)).scalar_one_or_none()


def leave_shard(conn: Connection, shard: Shard, owner: str, due_at: int, failures: int) -> None:
    """End the lease on a shard; from `due_at` on it is drained again."""
    conn.execute(
        update(outbox_shards)
        .where(*_is_shard(outbox_shards, shard), _shards.owner == owner)
        .values(until=0, due_at=due_at, failures=failures)
    )


def read_waiting(conn: Connection, shard: Shard, limit: int) -> list[Waiting]:
    """Give the oldest events that wait in a shard, in order."""
    query = select(
        _rows.event_id, _rows.message_id, _rows.due_at, _rows.attempts, _rows.waiting_since
    ).where(*_is_shard(outbox, shard))
    return [
        Waiting(
            event_id=row.event_id,
            message_id=row.message_id,
            due_at=row.due_at,
            attempts=row.attempts,
            since=row.waiting_since or uuid7_ms(row.event_id),
        )
        for row in conn.execute(query.order_by(_rows.event_id).limit(limit))
    ]


def read_records(conn: Connection, event_ids: Sequence[bytes]) -> dict[bytes, Record]:
    """Give the records of events and notices; what retention has removed is not among them."""
    query = (
        select(events, messages.c.mail, recipients.c.sent_from)
        .select_from(with_mail())
        .where(
            events.c.id.in_(event_ids),
            or_(messages.c.id.is_not(None), events.c.type == TEST),
        )
    )
    found = {row.id: _record(row) for row in conn.execute(query)}
    return found | read_notices(conn, [one for one in event_ids if one not in found])


def _record(row: Any) -> Record:
    if row.type == TEST:
        body = msgspec.json.decode(row.detail, type=dict[str, Any])
    else:
        body = event_record(row.type, row.detail, row.mail, row.sent_from)
    return Record(
        event_id=row.id,
        message_id=row.message_id,
        account_id=row.account_id,
        type=body["eventType"],
        created_at=row.created_at,
        body=body,
    )


def remove_waiting(conn: Connection, shard: Shard, event_ids: Sequence[bytes]) -> None:
    """Take events out of the outbox of one destination."""
    if event_ids:
        conn.execute(
            delete(outbox).where(
                _rows.destination_id == shard.destination_id, _rows.event_id.in_(event_ids)
            )
        )


def postpone(conn: Connection, shard: Shard, failed: Sequence[tuple[bytes, int, str]]) -> None:
    """Have events wait until (id, moment, reason); their attempts are counted."""
    if not failed:
        return
    statement = (
        update(outbox)
        .where(_rows.destination_id == shard.destination_id, _rows.event_id == bindparam("id"))
        .values(
            due_at=bindparam("due"),
            attempts=_rows.attempts + 1,
            last_error=bindparam("reason"),
        )
    )
    conn.execute(statement, [{"id": one, "due": due, "reason": why} for one, due, why in failed])


def pass_on(
    conn: Connection, shard: Shard, waiting: Sequence[tuple[Waiting, bytes]], account_id: str
) -> None:
    """Put events into the outbox of the destinations that get them next."""
    rows = [
        {
            "event_id": one.event_id,
            "destination_id": destination,
            "account_id": account_id,
            "message_id": one.message_id,
            "shard": shard.number,
            "due_at": one.due_at,
            "attempts": 0,
            "waiting_since": one.since,
        }
        for one, destination in waiting
    ]
    if rows:
        conn.execute(insert_or_ignore(conn.dialect.name, outbox), rows)


def bury(
    conn: Connection,
    shard: Shard,
    dead: Sequence[tuple[bytes, str]],
    *,
    now: int,
    attempts: int = 1,
) -> int:
    """Move events to the dead letters, each with its reason; give how many there were."""
    moved = 0
    for event_id, reason in dead:
        which = (_rows.destination_id == shard.destination_id, _rows.event_id == event_id)
        source = select(
            _rows.event_id,
            _rows.destination_id,
            _rows.account_id,
            _rows.message_id,
            _rows.shard,
            _rows.attempts + attempts,
            literal(now),
            literal(reason),
        ).where(*which)
        names = [column.name for column in dead_letters.columns]
        statement = insert_or_ignore(conn.dialect.name, dead_letters)
        conn.execute(statement.from_select(names, source))
        moved += conn.execute(delete(outbox).where(*which)).rowcount
    return moved


def forget_destination(conn: Connection, destination_id: bytes, limit: int) -> int:
    """Remove some of what waits for a destination that is gone or disabled; give how much it was.

    Does nothing where it is there again. When nothing is left, its leases go as well.
    """
    if is_wanted(conn, destination_id):
        return 0
    some = select(_rows.event_id).where(_rows.destination_id == destination_id).limit(limit)
    ids = list(conn.execute(some).scalars())
    remove_waiting(conn, Shard(destination_id, 0), ids)
    if len(ids) < limit:
        conn.execute(delete(outbox_shards).where(_shards.destination_id == destination_id))
    return len(ids)


def is_wanted(conn: Connection, destination_id: bytes) -> bool:
    """Tell whether something is to be published there: a destination that is enabled, a webhook
    that is confirmed, an identity's topic.
    """
    destination = select(literal(1)).where(
        event_destinations.c.id == destination_id, event_destinations.c.enabled.is_(True)
    )
    webhook = select(literal(1)).where(
        topic_subscriptions.c.id == destination_id,
        topic_subscriptions.c.confirmed_at.is_not(None),
    )
    identity = select(literal(1)).where(
        identity_notifications.c.id == destination_id, identity_notifications.c.topic.is_not(None)
    )
    return conn.execute(destination.union_all(webhook, identity)).first() is not None


def count_waiting(conn: Connection, destination_id: bytes) -> int:
    """Count what waits for a destination."""
    query = select(func.count()).where(_rows.destination_id == destination_id)
    return int(conn.execute(query).scalar_one())


def _is_free(owner: str, now: int) -> Any:
    """Nobody else's lease, and due; an owner takes back what its former self held."""
    free = or_(_shards.owner == owner, _shards.until < now)
    return free & (_shards.due_at <= now)


def _is_shard(table: Any, shard: Shard) -> tuple[Any, Any]:
    return table.c.destination_id == shard.destination_id, table.c.shard == shard.number


def ids_table(destinations: Sequence[bytes]) -> Any:
    """Give ids as a table with the column `id`; there is at least one."""
    first, *others = [select(literal(one).label("id")) for one in destinations]
    return first.union_all(*others).subquery("ids") if others else first.subquery("ids")
