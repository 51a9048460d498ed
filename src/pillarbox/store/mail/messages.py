"""Messages: the one transaction that accepts them, and reading them back to deliver."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, insert, select, update

from pillarbox.model.queued import QUEUED, SUPPRESSED, AcceptedMessage, Message
from pillarbox.store.dialect import upsert
from pillarbox.store.mail.shared_contents import insert_shared
from pillarbox.store.tables import message_bodies, messages, recipients, send_counts

BUCKET_MS = 600_000
_MESSAGE_FIELDS = tuple(Message.__dataclass_fields__)

# Statements of the hot path are built once: SQLAlchemy finds their compiled form by identity then.
_INSERT_MESSAGE = insert(messages)
_INSERT_BODY = insert(message_bodies)
_INSERT_RECIPIENT = insert(recipients)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_READ_MESSAGES = select(*(messages.c[name] for name in _MESSAGE_FIELDS)).where(
    messages.c.id.in_(_IDS)
)
_WRITE_MAIL = (
    update(messages)
    .where(messages.c.id == bindparam("key"))
    .values(mail=bindparam("text"), subject=bindparam("shown"))
)
_READ_BODIES = select(message_bodies).where(message_bodies.c.message_id.in_(_IDS))


@cache
def _add_counts(dialect: str) -> Any:
    statement = upsert(dialect, send_counts)
    return statement.on_conflict_do_update(
        index_elements=["account_id", "bucket", "worker"],
        set_={"recipients": send_counts.c.recipients + statement.excluded.recipients},
    )


def insert_messages(conn: Connection, accepted: Sequence[AcceptedMessage]) -> None:
    """Store messages with their bodies and recipients; the events are `events.record`'s.

    What several of them share is stored once.
    """
    if shared := {row.id: row for one in accepted for row in one.shared}:
        insert_shared(conn, list(shared.values()))
    conn.execute(_INSERT_MESSAGE, [_message_row(one) for one in accepted])
    conn.execute(
        _INSERT_BODY,
        [{"message_id": one.message.id, "content": one.content} for one in accepted],
    )
    conn.execute(_INSERT_RECIPIENT, [row for one in accepted for row in _recipient_rows(one)])


def count_recipients(conn: Connection, worker: str, accepted: Sequence[AcceptedMessage]) -> None:
    """Add accepted recipients to the account's counts of the last 24 hours."""
    sums: dict[tuple[str, int], int] = {}
    for one in accepted:
        key = (one.message.account_id, one.message.created_at // BUCKET_MS * BUCKET_MS)
        sums[key] = sums.get(key, 0) + one.counted
    rows = [
        {"account_id": account_id, "bucket": bucket, "worker": worker, "recipients": count}
        for (account_id, bucket), count in sums.items()
    ]
    conn.execute(_add_counts(conn.dialect.name), rows)


def read_messages(conn: Connection, ids: Iterable[bytes]) -> dict[bytes, Message]:
    """Give messages without their content, by id."""
    rows = conn.execute(_READ_MESSAGES, {"ids": list(ids)})
    return {row[0]: Message(**dict(zip(_MESSAGE_FIELDS, row, strict=True))) for row in rows}


def read_content(conn: Connection, message_id: bytes) -> bytes | None:
    """Give the content of one message as it was accepted, None when it is no longer kept."""
    query = select(message_bodies.c.content).where(message_bodies.c.message_id == message_id)
    return conn.execute(query).scalar_one_or_none()


def read_contents(conn: Connection, ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """Give the contents of messages, by id."""
    return {row[0]: row[1] for row in conn.execute(_READ_BODIES, {"ids": list(ids)})}


def read_mail_objects(conn: Connection, ids: Iterable[bytes]) -> dict[bytes, str]:
    """Give the `mail` objects (JSON) of messages, by id."""
    query = select(messages.c.id, messages.c.mail).where(messages.c.id.in_(list(ids)))
    return {row.id: row.mail for row in conn.execute(query)}


def write_mail_objects(conn: Connection, mails: Mapping[bytes, dict[str, Any]]) -> None:
    """Write the `mail` objects of messages, and the subjects that they show."""
    rows = [
        {
            "key": message_id,
            "text": msgspec.json.encode(mail).decode(),
            "shown": mail["commonHeaders"].get("subject"),
        }
        for message_id, mail in sorted(mails.items())
    ]
    if rows:
        conn.execute(_WRITE_MAIL, rows)


def _message_row(one: AcceptedMessage) -> dict[str, Any]:
    row = {name: getattr(one.message, name) for name in _MESSAGE_FIELDS}
    row["mail"] = msgspec.json.encode(one.mail).decode()
    return row


def _recipient_rows(one: AcceptedMessage) -> list[dict[str, Any]]:
    message, suppressed = one.message, one.suppressed
    return [
        {
            "message_id": message.id,
            "position": position,
            "account_id": message.account_id,
            "address": address,
            "lane": message.lane(address),
            "state": SUPPRESSED if position in suppressed else QUEUED,
            "size": message.size,
            "due_at": message.created_at,
            "attempts": 0,
            "settled_at": message.created_at if position in suppressed else None,
        }
        for position, address in enumerate(one.recipients)
    ]
