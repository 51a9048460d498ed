"""Counts of what became of an account's mail over time.

Read from the events and recipients themselves, by their time-ordered ids: nothing is counted twice,
and nobody has to keep counters right while mail is sent.
"""

from sqlalchemy import Connection, func, select

from pillarbox.base.ids import uuid7_floor
from pillarbox.store.tables import events, messages, recipients


def count_accepted(conn: Connection, account_id: str, since: int, bucket_ms: int) -> dict[int, int]:
    """Count the recipients accepted since a moment, by the start of the span they fall into."""
    bucket = (messages.c.created_at - messages.c.created_at % bucket_ms).label("bucket")
    first = uuid7_floor(since)
    query = (
        select(bucket, func.count())
        .select_from(messages.join(recipients, recipients.c.message_id == messages.c.id))
        .where(
            messages.c.id >= first,
            recipients.c.message_id >= first,
            messages.c.account_id == account_id,
        )
        .group_by(bucket)
    )
    return {int(start): int(count) for start, count in conn.execute(query)}


def count_events(
    conn: Connection, account_id: str, types: tuple[str, ...], since: int, bucket_ms: int
) -> dict[tuple[int, str], int]:
    """Count events of some types since a moment, by the start of the span, and by type."""
    bucket = (events.c.created_at - events.c.created_at % bucket_ms).label("bucket")
    query = (
        select(bucket, events.c.type, func.count())
        .where(
            events.c.id >= uuid7_floor(since),
            events.c.account_id == account_id,
            events.c.type.in_(types),
        )
        .group_by(bucket, events.c.type)
    )
    return {(int(start), kind): int(count) for start, kind, count in conn.execute(query)}
