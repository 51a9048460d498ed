"""Messages looked for: a portion of an account's mail, from either end, so much of it at a time.

A portion is a range of ids; how many messages lie in it is bounded, so that no search, whatever it
asks for, keeps anybody waiting. `manage/seen/messages.py` puts portions together.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Text, bindparam, exists, func, select

from pillarbox.base.ids import uuid7_floor, uuid7_ms
from pillarbox.model.message_search import MessageQuery
from pillarbox.store.publishing.events import events_of
from pillarbox.store.tables import (
    RECIPIENT_SPAN_MS,
    messages,
    recipient_folded,
    recipient_span,
    recipients,
)

#: First and last id of a portion: `first <= id < end`.
Span = tuple[bytes, bytes]
#: id, created_at, source, subject, size, mail.
MessageRow = Row[bytes, int, str, str | None, int, str]
_m, _r = messages.c, recipients.c
#: Parts of the index of recipients that one call looks at: some twelve days.
MOST_SPANS = 64
_SHOWN = (_m.id, _m.created_at, _m.source, _m.subject, _m.size, _m.mail)


def first_message(conn: Connection, account_id: str) -> bytes | None:
    """Give the id of the oldest message of an account that is kept, None when there is none."""
    query = select(_m.id).where(_m.account_id == account_id).order_by(_m.id).limit(1)
    return conn.execute(query).scalar_one_or_none()


def last_message(conn: Connection, account_id: str) -> bytes | None:
    """Give the id of the newest message of an account, None when there is none."""
    query = select(_m.id).where(_m.account_id == account_id).order_by(_m.id.desc()).limit(1)
    return conn.execute(query).scalar_one_or_none()


def portion_last(conn: Connection, wanted: MessageQuery, span: Span, size: int) -> bytes | None:
    """Give the id of the last of the first `size` messages of a span, in the order wanted; None
    when there are fewer.

    Reads the index alone.
    """
    query = (
        select(_m.id)
        .where(_m.account_id == wanted.account_id, _m.id >= span[0], _m.id < span[1])
        .order_by(_by_time(_m.id, wanted))
        .offset(size - 1)
        .limit(1)
    )
    return conn.execute(query).scalar_one_or_none()


def messages_between(
    conn: Connection, wanted: MessageQuery, span: Span, limit: int
) -> Sequence[MessageRow]:
    """Give the first messages of a span that are wanted, in the order wanted, with their `mail`.

    Of a tag, all that name it anywhere are given: who reads `mail` decides.
    """
    query = (
        select(*_SHOWN)
        .where(_m.account_id == wanted.account_id, _m.id >= span[0], _m.id < span[1])
        .where(*_conditions(wanted, span))
        .order_by(_by_time(_m.id, wanted))
        .limit(limit)
    )
    return conn.execute(query).all()


def messages_to(
    conn: Connection, wanted: MessageQuery, span: Span, limit: int
) -> tuple[Sequence[MessageRow], bytes | None]:
    """Give the messages of a span to one address that are wanted, of its first `limit` there, in
    the order wanted.

    Gives also what is left to be looked at beside the span's other end: where that begins, or ends
    when the newest come first; None when it is nothing. Of a long span, only so many parts of the
    index are looked at.
    """
    ids: list[bytes] = []
    parts, rest = _parts(wanted, span)
    statement = _TO_OLDEST_FIRST if wanted.oldest_first else _TO
    for number in parts:
        values = {
            "part": number.to_bytes(3, "big"),
            "address": wanted.recipient,
            "account_id": wanted.account_id,
            "first": span[0],
            "end": span[1],
            "most": limit - len(ids),
        }
        ids += conn.execute(statement, values).scalars()
        if len(ids) >= limit:
            rest = beyond(ids[-1], wanted)
            break
    query = select(*_SHOWN).where(_m.id.in_(ids), *_conditions(wanted, span))
    return conn.execute(query.order_by(_by_time(_m.id, wanted))).all(), rest


def beyond(message_id: bytes, wanted: MessageQuery) -> bytes:
    """Give the bound of a span that goes on past a message, in the order wanted."""
    return message_id + b"\0" if wanted.oldest_first else message_id


def recipients_of(conn: Connection, ids: Collection[bytes]) -> dict[bytes, list[tuple[str, int]]]:
    """Give address and state of the recipients of messages, in their order."""
    query = (
        select(_r.message_id, _r.address, _r.state)
        .where(_r.message_id.in_(ids))
        .order_by(_r.message_id, _r.position)
    )
    found: dict[bytes, list[tuple[str, int]]] = {}
    for message_id, address, state in conn.execute(query):
        found.setdefault(message_id, []).append((address, state))
    return found


def last_events(
    conn: Connection, message_id: bytes, limit: int
) -> Sequence[tuple[int | None, str, int, str]]:
    """Give the last events of a message, the oldest first: recipient's position, type, when, and
    their block as JSON.
    """
    of_it = events_of(message_id).c
    query = (
        select(of_it.position, of_it.type, of_it.created_at, of_it.detail)
        .order_by(of_it.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in conn.execute(query)][::-1]


def read_mail(conn: Connection, message_id: bytes) -> str:
    """Give the event record's `mail` object of a message that there is, as JSON."""
    mail: str = conn.execute(select(_m.mail).where(_m.id == message_id)).scalar_one()
    return mail


def _parts(wanted: MessageQuery, span: Span) -> tuple[range, bytes | None]:
    """Give the parts of the index of recipients to look at, in the order wanted, and the bound of
    those past them, None when these are all.
    """
    first, last = uuid7_ms(span[0]) // RECIPIENT_SPAN_MS, uuid7_ms(span[1]) // RECIPIENT_SPAN_MS
    if wanted.oldest_first:
        end = min(last, first + MOST_SPANS - 1) + 1
        return range(first, end), uuid7_floor(end * RECIPIENT_SPAN_MS) if end <= last else None
    lowest = max(first, last - MOST_SPANS + 1)
    rest = uuid7_floor(lowest * RECIPIENT_SPAN_MS) if lowest > first else None
    return range(last, lowest - 1, -1), rest


def _by_time(column: ColumnElement[bytes], wanted: MessageQuery) -> ColumnElement[bytes]:
    return column if wanted.oldest_first else column.desc()


def _conditions(wanted: MessageQuery, span: Span) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.sender:
        found.append(_contains(_m.source, wanted.sender))
    if wanted.subject:
        found.append(_contains(_m.subject, wanted.subject))
    if wanted.tag:
        found.append(_m.mail.like(_tag_pattern(*wanted.tag), escape="/"))
    # The span once more: PostgreSQL would otherwise join with all recipients of all weeks.
    same = [_r.message_id == _m.id, _r.message_id >= span[0], _r.message_id < span[1]]
    one: list[ColumnElement[bool]] = []
    if wanted.recipient_part:
        one.append(_contains(_r.address, wanted.recipient_part))
    if wanted.state is not None:
        one.append(_r.state == wanted.state)
        if wanted.recipient:
            one.append(func.lower(_r.address) == func.lower(wanted.recipient))
    if one:
        found.append(exists().where(*same, *one))
    return found


def _tag_pattern(name: str, value: str | None) -> str:
    """Match at least every `mail` in whose tags a name has a value."""
    member = f"%{_escaped(_json(name))}:[%"
    return member if value is None else f"{member}{_escaped(_json(value))}%"


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _contains(column: Any, part: str) -> ColumnElement[bool]:
    """Tell whether a text has a part, both as the engine folds case."""
    return func.lower(column).like(func.lower(f"%{_escaped(part)}%"), escape="/")


def _escaped(part: str) -> str:
    """Write a text so that LIKE takes it as it is."""
    return part.replace("/", "//").replace("%", "/%").replace("_", "/_")


_OF = (
    select(_r.message_id)
    .where(
        recipient_span == bindparam("part"),
        recipient_folded == func.lower(bindparam("address", type_=Text)),
        _r.account_id == bindparam("account_id"),
        _r.message_id >= bindparam("first"),
        _r.message_id < bindparam("end"),
    )
    .distinct()
    .limit(bindparam("most"))
)
_TO, _TO_OLDEST_FIRST = _OF.order_by(_r.message_id.desc()), _OF.order_by(_r.message_id)
