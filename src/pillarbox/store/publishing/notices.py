"""Notices: what topics are told besides events.

The notifications of identities (SES v1), written with the event that they tell of; and texts, such
as that a topic works. A notice's row in the outbox has the notice's id in place of an event's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from pillarbox.base.ids import uuid7, uuid7_ms
from pillarbox.model.covering import covering_names
from pillarbox.model.event import Event
from pillarbox.model.notification import KINDS, notification_record
from pillarbox.model.publishing import SHARDS, Record
from pillarbox.proto.mime.addresses import AddressError, parse_address
from pillarbox.store.tables import events, identity_notifications, messages, notices, outbox

_topics = identity_notifications.c
#: (account, kind) -> (identity -> the topic's row).
Topics = Mapping[tuple[str, str], Mapping[str, Any]]


def announce(
    conn: Connection, account_id: str, destination_id: bytes, text: str, *, now: int
) -> None:
    """Have a topic told a text; `destination_id`: what stands for the topic in the outbox."""
    row_id = uuid7(now)
    conn.execute(insert(notices), [_notice(row_id, account_id, row_id, now, text=text)])
    row = _outbox_row(row_id, destination_id, account_id, row_id, now)
    conn.execute(insert(outbox), [row])


def tell_identities(conn: Connection, new: Sequence[Event]) -> None:
    """Write the notifications of events to the topics of the identities that they were sent as.

    Where no account has such a topic, that is found out by one look at a small index.
    """
    telling = [event for event in new if event.type in KINDS]
    topics = _topics_of(conn, {event.account_id for event in telling}) if telling else {}
    concerned = [one for one in telling if (one.account_id, one.type) in topics]
    if not concerned:
        return
    sources = _sources(conn, {event.message_id for event in concerned})
    told = []
    for event in concerned:
        mine = topics[event.account_id, event.type]
        row = _most_specific(mine, sources.get(event.message_id, ""))
        if row is not None:
            told.append((event, row, uuid7(uuid7_ms(event.id))))
    if not told:
        return
    rows = [
        _notice(
            row_id,
            event.account_id,
            event.message_id,
            event.created_at,
            event_id=event.id,
            headers=row.headers,
        )
        for event, row, row_id in told
    ]
    conn.execute(insert(notices), rows)
    out = [
        _outbox_row(row_id, row.id, event.account_id, event.message_id, event.created_at)
        for event, row, row_id in told
    ]
    conn.execute(insert(outbox), out)


def read_notices(conn: Connection, ids: Sequence[bytes]) -> dict[bytes, Record]:
    """Give those of the ids that are notices, as topics get them."""
    if not ids:
        return {}
    query = (
        select(notices, events.c.type, events.c.detail, messages.c.mail)
        .select_from(
            notices.outerjoin(events, events.c.id == notices.c.event_id).outerjoin(
                messages, messages.c.id == events.c.message_id
            )
        )
        .where(notices.c.id.in_(ids))
    )
    found = conn.execute(query)
    return {row.id: _record(row) for row in found if row.text is not None or row.mail is not None}


def _record(row: Any) -> Record:
    body = {}
    if row.text is None:
        block, mail = msgspec.json.decode(row.detail), msgspec.json.decode(row.mail)
        body = notification_record(row.type, block, mail, headers=row.headers)
    return Record(
        event_id=row.id,
        message_id=row.message_id,
        account_id=row.account_id,
        type=row.type or "",
        created_at=row.created_at,
        body=body,
        notice=True,
        text=row.text,
    )


def _topics_of(conn: Connection, accounts: set[str]) -> Topics:
    """Find the topics that identities of these accounts have, by account and kind."""
    query = select(identity_notifications).where(
        _topics.account_id.in_(accounts), _topics.topic.is_not(None), _topics.id.is_not(None)
    )
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in conn.execute(query):
        found.setdefault((row.account_id, row.kind), {})[row.identity] = row
    return found


def _sources(conn: Connection, ids: set[bytes]) -> dict[bytes, str]:
    query = select(messages.c.id, messages.c.source).where(messages.c.id.in_(ids))
    return {row.id: row.source for row in conn.execute(query)}


def _most_specific(topics: Mapping[str, Any], source: str) -> Any:
    """Give the topic of the most specific identity that covers a sender; None: there is none."""
    try:
        address = parse_address(source).address
    except AddressError:
        return None
    names = covering_names(address, address)
    return next((topics[name] for name in names if name in topics), None)


def _notice(
    row_id: bytes,
    account_id: str,
    message_id: bytes,
    now: int,
    *,
    event_id: bytes | None = None,
    headers: bool = False,
    text: str | None = None,
) -> dict[str, Any]:
    return {
        "id": row_id,
        "account_id": account_id,
        "message_id": message_id,
        "created_at": now,
        "event_id": event_id,
        "headers": headers,
        "text": text,
    }


def _outbox_row(
    row_id: bytes, destination_id: bytes, account_id: str, message_id: bytes, now: int
) -> dict[str, Any]:
    return {
        "event_id": row_id,
        "destination_id": destination_id,
        "account_id": account_id,
        "message_id": message_id,
        "shard": message_id[-1] % SHARDS,
        "due_at": now,
        "attempts": 0,
    }
