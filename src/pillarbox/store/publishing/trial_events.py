"""Test events: on their way to one destination through the real outbox, of no message.

Their rows have a type of their own and message ids that no message has, so that nothing counts
them, lists them or learns from them; `detail` is the whole record.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, insert, literal, select

from pillarbox.base.ids import uuid7_floor
from pillarbox.model.event import TEST
from pillarbox.store.tables import dead_letters, events, outbox, topic_subscriptions

#: The message ids of test events begin so; a UUIDv7's begin with a time.
_PREFIX = bytes(8)
_PAST = bytes(7) + b"\x01" + bytes(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEvent:
    """A test event. `record`: as its destination gets it."""

    event_id: bytes
    account_id: str
    message_id: bytes
    created_at: int
    record: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStep:
    """Where a test event is on its way to one destination; `dead`: it is tried no more.

    `endpoint`: a webhook's URL; empty for the event destination itself. `attempts`: those that
    failed; `reason`: of the last one; `due_at`: when the next one is.
    """

    destination_id: bytes
    endpoint: str
    dead: bool
    attempts: int
    reason: str
    due_at: int | None


def trial_message_id() -> bytes:
    """Make the message id of a test event."""
    return _PREFIX + os.urandom(8)


def insert_trial(conn: Connection, trial: TrialEvent, destination_id: bytes, shards: int) -> None:
    """Store a test event, and have it published to one destination."""
    conn.execute(
        insert(events).values(
            id=trial.event_id,
            account_id=trial.account_id,
            message_id=trial.message_id,
            type=TEST,
            created_at=trial.created_at,
            detail=msgspec.json.encode(trial.record).decode(),
        )
    )
    conn.execute(
        insert(outbox).values(
            event_id=trial.event_id,
            destination_id=destination_id,
            account_id=trial.account_id,
            message_id=trial.message_id,
            shard=trial.message_id[-1] % shards,
            due_at=trial.created_at,
            attempts=0,
        )
    )


def find_trial(conn: Connection, account_id: str, event_id: bytes) -> TrialEvent | None:
    """Give a test event of an account, None where there is none such."""
    columns = events.c
    query = select(events).where(
        columns.id == event_id, columns.account_id == account_id, columns.type == TEST
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    return TrialEvent(
        event_id=bytes(row.id),
        account_id=row.account_id,
        message_id=bytes(row.message_id),
        created_at=row.created_at,
        record=msgspec.json.decode(row.detail),
    )


def trial_steps(conn: Connection, event_id: bytes) -> Sequence[TrialStep]:
    """Give where an event has not arrived yet, and where it never will."""
    waiting, dead = outbox.c, dead_letters.c
    return [
        TrialStep(
            destination_id=bytes(row.destination_id),
            endpoint=row.endpoint or "",
            dead=False,
            attempts=row.attempts,
            reason=row.last_error or "",
            due_at=row.due_at,
        )
        for row in _with_endpoint(conn, outbox, waiting.event_id == event_id)
    ] + [
        TrialStep(
            destination_id=bytes(row.destination_id),
            endpoint=row.endpoint or "",
            dead=True,
            attempts=row.attempts,
            reason=row.reason,
            due_at=None,
        )
        for row in _with_endpoint(conn, dead_letters, dead.event_id == event_id)
    ]


def _with_endpoint(conn: Connection, table: Table, which: ColumnElement[bool]) -> Sequence[Any]:
    hooks = topic_subscriptions
    joined = table.outerjoin(hooks, hooks.c.id == table.c.destination_id)
    return conn.execute(select(table, hooks.c.endpoint).select_from(joined).where(which)).all()


def delete_old_trials(conn: Connection, before: int) -> None:
    """Remove test events from before a moment, which no message takes along."""
    columns = events.c
    conn.execute(
        delete(events).where(
            columns.message_id >= literal(_PREFIX),
            columns.message_id < literal(_PAST),
            columns.id < uuid7_floor(before),
        )
    )
