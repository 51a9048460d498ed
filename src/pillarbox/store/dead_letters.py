"""Dead letters: events that a destination refused, or did not take in time."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, FromClause, delete, func, select, update

from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.tables import (
    dead_letters,
    event_destinations,
    events,
    identity_notifications,
    outbox,
    outbox_shards,
    topic_subscriptions,
)

_rows = dead_letters.c
#: The type of what is no event: an identity's notification, or that a topic works.
NOTICE = "Notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One event that did not reach one destination. `destination`: how people call it."""

    event_id: bytes
    destination_id: bytes
    destination: str
    account_id: str
    message_id: bytes
    type: str
    attempts: int
    died_at: int
    reason: str


def list_dead_letters(
    conn: Connection, account_id: str | None, destination: str | None, limit: int
) -> list[DeadLetter]:
    """Give dead letters, the newest deaths first; `destination`: `set/name`, a webhook's URL, or
    `identity/kind`.
    """
    query = (
        select(dead_letters, events.c.type, _name().label("destination"))
        .select_from(_joined())
        .where(*_filter(account_id, destination))
        .order_by(_rows.died_at.desc(), _rows.event_id.desc())
        .limit(limit)
    )
    return [
        DeadLetter(
            event_id=row.event_id,
            destination_id=row.destination_id,
            destination=row.destination or "(deleted)",
            account_id=row.account_id,
            message_id=row.message_id,
            type=row.type or NOTICE,
            attempts=row.attempts,
            died_at=row.died_at,
            reason=row.reason,
        )
        for row in conn.execute(query)
    ]


def replay_dead_letters(
    conn: Connection, account_id: str | None, destination: str | None, *, now: int, limit: int
) -> int:
    """Put dead letters back into the outbox, the oldest events first; give how many there were.

    Their 3 days begin anew. Those of destinations that are gone stay where they are.
    """
    query = (
        select(dead_letters)
        .select_from(_joined())
        .where(*_filter(account_id, destination), _name().is_not(None))
        .order_by(_rows.event_id)
        .limit(limit)
    )
    found = conn.execute(query).all()
    if not found:
        return 0
    rows = [
        {
            "event_id": row.event_id,
            "destination_id": row.destination_id,
            "account_id": row.account_id,
            "message_id": row.message_id,
            "shard": row.shard,
            "due_at": now,
            "attempts": 0,
            "waiting_since": now,
        }
        for row in found
    ]
    conn.execute(insert_or_ignore(conn.dialect.name, outbox), rows)
    for row in found:
        conn.execute(
            delete(dead_letters).where(
                _rows.event_id == row.event_id, _rows.destination_id == row.destination_id
            )
        )
    _try_now(conn, {row.destination_id for row in found}, now)
    return len(found)


def _try_now(conn: Connection, destinations: set[bytes], now: int) -> None:
    """Have what was put off be tried at once."""
    shards = outbox_shards.c
    conn.execute(
        update(outbox_shards)
        .where(shards.destination_id.in_(destinations), shards.due_at > now)
        .values(due_at=now)
    )


def _joined() -> FromClause:
    return (
        dead_letters.outerjoin(events, events.c.id == _rows.event_id)
        .outerjoin(event_destinations, event_destinations.c.id == _rows.destination_id)
        .outerjoin(topic_subscriptions, topic_subscriptions.c.id == _rows.destination_id)
        .outerjoin(
            identity_notifications,
            (identity_notifications.c.id == _rows.destination_id)
            & identity_notifications.c.topic.is_not(None),
        )
    )


def _name() -> ColumnElement[str | None]:
    """How people call a destination; null when it is gone."""
    path = event_destinations.c.configuration_set + "/" + event_destinations.c.name
    told = identity_notifications.c.identity + "/" + identity_notifications.c.kind
    return func.coalesce(path, topic_subscriptions.c.endpoint, told)


def _filter(account_id: str | None, destination: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if account_id is not None:
        conditions.append(_rows.account_id == account_id)
    if destination is not None:
        conditions.append(_name() == destination)
    return conditions
