"""Event rows and their outbox rows."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, FromClause, Subquery, and_, insert, or_, select

from pillarbox.model.event import API_TYPES, BLOCKS, HAVE_OUTGOING_IP, OUTGOING_IP, Event
from pillarbox.model.publishing import SHARDS
from pillarbox.store.publishing.counts import count_events
from pillarbox.store.publishing.notices import tell_identities
from pillarbox.store.publishing.tally import note_events
from pillarbox.store.tables import event_destinations, events, messages, outbox, recipients

_INSERT_EVENT = insert(events)


def insert_events(conn: Connection, new: Sequence[Event]) -> None:
    """Store and count events, with outbox rows for the destinations and the identities' topics that
    want them.
    """
    if not new:
        return
    conn.execute(_INSERT_EVENT, [_event_row(event) for event in new])
    count_events(conn, new)
    note_events(conn, new)
    wanted = _wanted(conn, new)
    rows = [row for event in new for row in _outbox_rows(event, wanted)]
    if rows:
        conn.execute(insert(outbox), rows)
    tell_identities(conn, new)


def message_events(conn: Connection, account_id: str, message_id: bytes) -> list[dict[str, Any]]:
    """Give the events of a message in order, each as its SES event record (facts §5)."""
    query = (
        select(events.c.type, events.c.detail, messages.c.mail, recipients.c.sent_from)
        .select_from(with_mail())
        .where(
            events.c.message_id == message_id,
            events.c.account_id == account_id,
            messages.c.id.is_not(None),
        )
        .order_by(events.c.id)
    )
    return [_record(row) for row in conn.execute(query)]


def events_since(
    conn: Connection,
    account_id: str,
    after: bytes,
    *,
    message_id: bytes | None = None,
    types: Sequence[str] = (),
    limit: int,
) -> list[tuple[bytes, dict[str, Any]]]:
    """Give (id, record) of events past an id in order; `types`: as records name them, none: all."""
    conditions = [
        events.c.id > after,
        events.c.account_id == account_id,
        messages.c.id.is_not(None),
    ]
    if message_id is not None:
        conditions.append(events.c.message_id == message_id)
    if types:
        conditions.append(events.c.type.in_(types))
    query = (
        select(events.c.id, events.c.type, events.c.detail, messages.c.mail, recipients.c.sent_from)
        .select_from(with_mail())
        .where(*conditions)
        .order_by(events.c.id)
        .limit(limit)
    )
    return [(row.id, _record(row)) for row in conn.execute(query)]


def last_event_id(conn: Connection, message_id: bytes) -> bytes | None:
    """Give the largest id of a message's events: what happens to it now is to come after that."""
    of_it = events_of(message_id).c
    return conn.execute(select(of_it.id).order_by(of_it.id.desc()).limit(1)).scalar_one_or_none()


def events_of(message_id: bytes) -> Subquery:
    """Choose a message's events before they are sorted: PostgreSQL takes no limit past an OFFSET.

    It would walk the key, which has the order, through the events of all messages, as long as it
    does not know how few of them are of one.
    """
    return select(events).where(events.c.message_id == message_id).offset(0).subquery()


def recipient_details(
    conn: Connection, message_id: bytes, position: int, kind: str
) -> list[dict[str, Any]]:
    """Give the blocks of a recipient's events of one type."""
    query = select(events.c.detail).where(
        events.c.message_id == message_id, events.c.position == position, events.c.type == kind
    )
    return [msgspec.json.decode(text) for text in conn.execute(query).scalars()]


def with_mail() -> FromClause:
    """Give events with their messages and, where they are about one, their recipients; an event
    whose message is gone has none of them.
    """
    same = (recipients.c.message_id == events.c.message_id) & (
        recipients.c.position == events.c.position
    )
    found = events.outerjoin(messages, messages.c.id == events.c.message_id)
    return found.outerjoin(recipients, same)


def event_record(kind: str, detail: str, mail: str, sent_from: str | None) -> dict[str, Any]:
    """Make an event's record (facts §5) of its type, its own block and the message's `mail`.

    `sent_from`: the address of ours that the recipient's mail left by; None: it is not known.
    """
    shown = msgspec.json.decode(mail)
    if sent_from is not None and kind in HAVE_OUTGOING_IP:
        shown["tags"] = shown.get("tags", {}) | {OUTGOING_IP: [sent_from]}
    return {"eventType": kind, "mail": shown, BLOCKS[kind]: msgspec.json.decode(detail)}


def _record(row: Any) -> dict[str, Any]:
    return event_record(row.type, row.detail, row.mail, row.sent_from)


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "account_id": event.account_id,
        "message_id": event.message_id,
        "position": event.position,
        "type": event.type,
        "created_at": event.created_at,
        "detail": msgspec.json.encode(event.detail).decode(),
    }


Wanted = dict[tuple[str, str], list[tuple[bytes, frozenset[str]]]]


def _wanted(conn: Connection, new: Iterable[Event]) -> Wanted:
    """Find the enabled destinations of the configuration sets that these events belong to."""
    keys = {(event.account_id, event.configuration_set) for event in new if event.configuration_set}
    if not keys:
        return {}
    columns = event_destinations.c
    of_these = or_(
        *(
            and_(columns.account_id == account, columns.configuration_set == name)
            for account, name in sorted(keys)
        )
    )
    query = select(event_destinations).where(columns.enabled.is_(True), of_these)
    wanted: Wanted = {}
    for row in conn.execute(query):
        types = frozenset(msgspec.json.decode(row.event_types, type=list[str]))
        wanted.setdefault((row.account_id, row.configuration_set), []).append((row.id, types))
    return wanted


def _outbox_rows(event: Event, wanted: Wanted) -> list[dict[str, Any]]:
    destinations = wanted.get((event.account_id, event.configuration_set or ""), [])
    return [
        {
            "event_id": event.id,
            "destination_id": destination,
            "account_id": event.account_id,
            "message_id": event.message_id,
            "shard": event.message_id[-1] % SHARDS,
            "due_at": event.created_at,
            "attempts": 0,
        }
        for destination, types in destinations
        if API_TYPES[event.type] in types
    ]
