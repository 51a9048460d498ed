"""Messages as a person looks for them, and one of them with all that is known of it.

Functions on a connection. A search works through an account's mail from the newest on, or from the
oldest, a portion after the other, until its page is full or it was told to stop; the next page goes
on from there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from pillarbox.base.errors import NotFound
from pillarbox.base.ids import row_id_of, uuid7_floor
from pillarbox.manage.names import shortened
from pillarbox.manage.seen.attempts import list_attempts
from pillarbox.manage.seen.queue import list_recipients
from pillarbox.manage.tracking.explanation import plan_of
from pillarbox.model.attempt_record import AttemptOnRecord
from pillarbox.model.message_search import FoundMessage, FoundMessages, MessageQuery
from pillarbox.model.queue_filter import RecipientInQueue
from pillarbox.model.queued import Message
from pillarbox.model.tracking import TrackingPlan
from pillarbox.store.mail import search as rows
from pillarbox.store.mail.messages import read_content, read_messages

#: Messages of a page, and those looked at before asking whether to go on.
PAGE, PORTION = 50, 2000
#: The last so many events of a message are shown.
MOST_EVENTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOnRecord:
    """An event of a message. `recipient`: None for all of them; `detail`: its own block."""

    recipient: str | None
    kind: str
    at: int
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOnRecord:
    """All that is known of a message. `mail`: the object in its event records. `content`: as it
    was accepted, None when it is no longer kept.
    """

    message: Message
    mail: dict[str, Any]
    recipients: Sequence[RecipientInQueue]
    attempts: Sequence[AttemptOnRecord]
    events: Sequence[EventOnRecord]
    plan: TrackingPlan
    content: bytes | None

    @property
    def tags(self) -> dict[str, list[str]]:
        """Its tags: name and values."""
        return self.mail.get("tags") or {}


def search_messages(
    conn: Connection, wanted: MessageQuery, before: bytes | None, go_on: Callable[[], bool]
) -> FoundMessages:
    """Give a page of what is wanted: `before`: where the page before has ended.

    `go_on` is asked between portions, so that who knows how long it may take decides.
    """
    span = _span(conn, wanted)
    if before is not None:
        span = _left(wanted, span, before)
    found: list[rows.MessageRow] = []
    while span[0] < span[1]:
        some, rest = _portion(conn, wanted, span, PAGE + 1 - len(found))
        found += some
        if len(found) > PAGE:
            last = rows.beyond(found[PAGE - 1].id, wanted)
            return _page(conn, found[:PAGE], last, full=True)
        if rest is None or not go_on():
            return _page(conn, found, rest, full=False)
        span = _left(wanted, span, rest)
    return _page(conn, found, None, full=False)


def find_message(conn: Connection, account_id: str, message_id: str) -> Message:
    """Give a message of an account. Raises NotFound."""
    row_id = row_id_of(message_id)
    message = read_messages(conn, [row_id]).get(row_id) if row_id is not None else None
    if message is None or message.account_id != account_id:
        raise NotFound(f"Message {shortened(message_id)} does not exist, or is no longer kept.")
    return message


def get_content(conn: Connection, account_id: str, message_id: str) -> bytes:
    """Give what was accepted as a message of an account. Raises NotFound."""
    content = read_content(conn, find_message(conn, account_id, message_id).id)
    if content is None:
        raise NotFound(f"The content of message {shortened(message_id)} is no longer kept.")
    return content


def get_message(conn: Connection, account_id: str, message_id: str) -> MessageOnRecord:
    """Give a message of an account with all that is known of it. Raises NotFound."""
    message = find_message(conn, account_id, message_id)
    recipients = list_recipients(conn, message.id)
    addresses = [one.address for one in recipients]
    return MessageOnRecord(
        message=message,
        mail=msgspec.json.decode(rows.read_mail(conn, message.id)),
        recipients=recipients,
        attempts=list_attempts(conn, message.id, account_id=account_id),
        events=[_event(row, addresses) for row in rows.last_events(conn, message.id, MOST_EVENTS)],
        plan=plan_of(message),
        content=read_content(conn, message.id),
    )


def _span(conn: Connection, wanted: MessageQuery) -> rows.Span:
    """Give the span of time that is wanted, as far as there is mail in it: a search goes through no
    years without any.
    """
    first = rows.first_message(conn, wanted.account_id)
    last = rows.last_message(conn, wanted.account_id)
    if first is None or last is None:
        return b"", b""
    since, until = uuid7_floor(wanted.since), uuid7_floor(wanted.until)
    return max(since, first), min(until, last + b"\0")


def _left(wanted: MessageQuery, span: rows.Span, bound: bytes) -> rows.Span:
    """Give what of a span lies past a bound, in the order wanted."""
    since, end = span
    return (max(since, bound), end) if wanted.oldest_first else (since, min(end, bound))


def _portion(
    conn: Connection, wanted: MessageQuery, span: rows.Span, room: int
) -> tuple[list[rows.MessageRow], bytes | None]:
    """Look at a portion; give what is wanted of it, and where it ended, None at the end of all."""
    if wanted.recipient:
        found, rest = rows.messages_to(conn, wanted, span, PORTION)
    else:
        last = rows.portion_last(conn, wanted, span, PORTION)
        rest = None if last is None else rows.beyond(last, wanted)
        found = rows.messages_between(conn, wanted, _until(wanted, span, last), room)
    if len(found) >= room:
        found, rest = found[:room], rows.beyond(found[room - 1].id, wanted)
    return [row for row in found if _is_tagged(row.mail, wanted.tag)], rest


def _until(wanted: MessageQuery, span: rows.Span, last: bytes | None) -> rows.Span:
    """Give the part of a span that ends with a message, in the order wanted; all of it for None."""
    if last is None:
        return span
    return (span[0], last + b"\0") if wanted.oldest_first else (last, span[1])


def _is_tagged(mail: str, tag: tuple[str, str | None] | None) -> bool:
    if tag is None:
        return True
    values = (msgspec.json.decode(mail).get("tags") or {}).get(tag[0])
    return values is not None and (tag[1] is None or tag[1] in values)


def _page(
    conn: Connection, found: Sequence[rows.MessageRow], end: bytes | None, *, full: bool
) -> FoundMessages:
    recipients = rows.recipients_of(conn, [row.id for row in found])
    items = [
        FoundMessage(
            id=row.id,
            created_at=row.created_at,
            source=row.source,
            subject=row.subject,
            size=row.size,
            recipients=recipients.get(row.id, ()),
        )
        for row in found
    ]
    return FoundMessages(items=items, next=end, full=full)


def _event(row: tuple[int | None, str, int, str], addresses: Sequence[str]) -> EventOnRecord:
    position, kind, at, detail = row
    return EventOnRecord(
        recipient=addresses[position]
        if position is not None and position < len(addresses)
        else None,
        kind=kind,
        at=at,
        detail=msgspec.json.decode(detail),
    )
