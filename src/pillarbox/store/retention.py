"""Removing what has been kept long enough."""

from sqlalchemy import Connection, delete, exists, select

from pillarbox.base.ids import uuid7_floor
from pillarbox.model.queued import HELD, QUEUED
from pillarbox.store.publishing.trial_events import delete_old_trials
from pillarbox.store.tables import (
    attempts,
    dead_letters,
    events,
    message_bodies,
    messages,
    notices,
    outbox,
    recipients,
)


def delete_old_messages(conn: Connection, before: int, limit: int) -> int:
    """Remove up to `limit` messages accepted before a moment, with all that belongs to them.

    A message with a recipient that is still queued or held stays. Gives the number removed.
    """
    waiting = exists().where(
        recipients.c.message_id == messages.c.id, recipients.c.state.in_((QUEUED, HELD))
    )
    query = select(messages.c.id).where(messages.c.id < uuid7_floor(before), ~waiting).limit(limit)
    ids = list(conn.execute(query).scalars())
    # Where whole partitions were dropped, nothing but its age says that an event is gone.
    conn.execute(delete(dead_letters).where(dead_letters.c.event_id < uuid7_floor(before)))
    conn.execute(delete(notices).where(notices.c.id < uuid7_floor(before)))
    delete_old_trials(conn, before)
    for table in (outbox, dead_letters, notices, events, attempts, recipients, message_bodies):
        conn.execute(delete(table).where(table.c.message_id.in_(ids)))
    conn.execute(delete(messages).where(messages.c.id.in_(ids)))
    return len(ids)
