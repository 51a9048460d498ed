"""What is known of messages whose opens and clicks are to be recorded."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, select

from pillarbox.base.ids import uuid7_floor
from pillarbox.model.event import CLICK
from pillarbox.model.queued import DELIVERED
from pillarbox.store.tables import events, recipients

#: Clicks that are looked at to tell a burst; who clicks more often in seconds is one anyway.
MOST_CLICKS = 1_000
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_RECIPIENTS = select(
    recipients.c.message_id,
    recipients.c.position,
    recipients.c.address,
    recipients.c.state,
    recipients.c.settled_at,
).where(
    recipients.c.message_id.in_(_IDS),
    recipients.c.position.in_(bindparam("positions", expanding=True)),
)
_CLICKS = (
    select(events.c.message_id, events.c.position, events.c.created_at, events.c.detail)
    .where(
        events.c.message_id.in_(_IDS),
        events.c.type == CLICK,
        events.c.id >= bindparam("first"),
        events.c.id < bindparam("end"),
    )
    .order_by(events.c.id.desc())
    .limit(MOST_CLICKS)
)
_KNOWN = select(events.c.id).where(events.c.id.in_(_IDS))


def tracked_recipients(
    conn: Connection, message_ids: Collection[bytes], positions: Collection[int]
) -> dict[tuple[bytes, int], tuple[str, int | None]]:
    """Give address and time of delivery (None: not delivered) by message and position; some that
    were not asked for may be among them.
    """
    values = {"ids": list(message_ids), "positions": list(positions)}
    return {
        (row[0], row[1]): (row[2], row[4] if row[3] == DELIVERED else None)
        for row in conn.execute(_RECIPIENTS, values)
    }


def clicks_between(
    conn: Connection, message_ids: Collection[bytes], first: int, last: int
) -> list[tuple[bytes, int, int, str]]:
    """Give the clicks of messages received from `first` to `last`: message, recipient's position,
    time, link; the last ones when there are very many. Those that name no recipient are left out.
    """
    values = {
        "ids": list(message_ids),
        "first": uuid7_floor(max(0, first)),
        "end": uuid7_floor(last + 1),
    }
    return [
        (row[0], row[1], row[2], str(msgspec.json.decode(row[3]).get("link")))
        for row in conn.execute(_CLICKS, values)
        if row[1] is not None
    ]


def known_events(conn: Connection, ids: Iterable[bytes]) -> set[bytes]:
    """Give those of these event ids that are stored already."""
    return set(conn.execute(_KNOWN, {"ids": list(ids)}).scalars())
