"""Feedback that waits to be forwarded by mail."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from pillarbox.model.feedback import Feedback, ToldEvent
from pillarbox.store.tables import event_destinations, events, feedback_forwards, recipients

_columns = feedback_forwards.c


def insert_feedback(conn: Connection, new: Sequence[Feedback]) -> None:
    """Remember that these may have to be forwarded."""
    if new:
        conn.execute(insert(feedback_forwards), [asdict(one) for one in new])


def waiting_feedback(conn: Connection, limit: int) -> list[Feedback]:
    """Give the first so many that wait, the oldest first."""
    query = select(feedback_forwards).order_by(_columns.id).limit(limit)
    return [Feedback(**row._asdict()) for row in conn.execute(query)]


def delete_feedback(conn: Connection, feedback_id: bytes) -> bool:
    """Remove what was dealt with; tell whether it was still there, and so is the caller's."""
    statement = delete(feedback_forwards).where(_columns.id == feedback_id)
    return conn.execute(statement).rowcount > 0


def find_event(conn: Connection, event_id: bytes) -> ToldEvent | None:
    """Give an event's type and block, None when it is no longer kept."""
    query = select(events.c.type, events.c.detail).where(events.c.id == event_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else ToldEvent(type=row.type, detail=_block(row.detail))


def find_recipient(conn: Connection, message_id: bytes, position: int) -> tuple[str, int] | None:
    """Give a recipient's address and state, None when there is no such one."""
    query = select(recipients.c.address, recipients.c.state).where(
        recipients.c.message_id == message_id, recipients.c.position == position
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else (row.address, row.state)


def published_types(conn: Connection, account_id: str, configuration_set: str) -> frozenset[str]:
    """Give the event types that a set's enabled destinations get, as the API names them."""
    query = select(event_destinations.c.event_types).where(
        event_destinations.c.account_id == account_id,
        event_destinations.c.configuration_set == configuration_set,
        event_destinations.c.enabled.is_(True),
    )
    lists = (msgspec.json.decode(one, type=list[str]) for one in conn.execute(query).scalars())
    return frozenset(kind for one in lists for kind in one)


def _block(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])
