"""Counts of events by the hour: added to where events are stored, read over time.

One statement for a batch of events, with a row for each account, hour, type and kind in it, so that
a page over a month reads a few thousand rows however much was sent. What the mailbox simulator
answers is left out, as it is of what was sent and of reputation.

`store/publishing/tally.py` counts the same events beside it, for metrics, and neither can stand for
the other. These counts are shown to an account: by the hour in which things happened, in the
transaction that stores them, for 60 days, and over all workers. Those are one worker's since it
began, of all events whatever made them, told after the commit; to take them from here, each scrape
would read the store. What they share would be one loop over a batch.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, func, select

from pillarbox.model.event import BOUNCE, CLICK, OPEN, Event
from pillarbox.model.reputation import HOUR_MS
from pillarbox.store.dialect import upsert, worker_of
from pillarbox.store.tables import event_counts, send_counts

#: The member of an event's block that tells events of a type apart.
KINDS = {BOUNCE: "bounceType", OPEN: "verdict", CLICK: "verdict"}
#: Account, hours since the epoch, type, kind.
_Key = tuple[str, int, str, str]
_columns = event_counts.c


def count_events(conn: Connection, new: Sequence[Event]) -> None:
    """Count events for the hours in which they happened, but for the simulator's."""
    sums: dict[_Key, int] = {}
    for one in new:  # bare of calls: it runs for each event there is
        if one.simulated:
            continue
        member = KINDS.get(one.type)
        kind = str(one.detail.get(member) or "") if member else ""
        key = one.account_id, one.created_at // HOUR_MS, one.type, kind
        sums[key] = sums.get(key, 0) + 1
    worker = worker_of(conn)
    rows = [
        {
            "account_id": account_id,
            "bucket": hour * HOUR_MS,
            "type": event_type,
            "kind": kind,
            "worker": worker,
            "events": number,
        }
        for (account_id, hour, event_type, kind), number in sorted(sums.items())
    ]
    if rows:
        conn.execute(_add(conn.dialect.name), rows)


def events_over_time(
    conn: Connection, account_id: str, *, since: int, step_ms: int
) -> list[tuple[int, str, str, int]]:
    """Give (start of the span, type, kind, events) from a moment on, in spans of `step_ms`."""
    start = (_columns.bucket - _columns.bucket % step_ms).label("start")
    query = (
        select(start, _columns.type, _columns.kind, func.sum(_columns.events))
        .where(_columns.account_id == account_id, _columns.bucket >= since)
        .group_by(start, _columns.type, _columns.kind)
        .order_by(start)
    )
    return [(int(row[0]), row[1], row[2], int(row[3])) for row in conn.execute(query)]


def accepted_over_time(
    conn: Connection, account_id: str, *, since: int, step_ms: int
) -> dict[int, int]:
    """Give the recipients accepted from a moment on, by the start of the span of `step_ms`."""
    columns = send_counts.c
    start = (columns.bucket - columns.bucket % step_ms).label("start")
    query = (
        select(start, func.sum(columns.recipients))
        .where(columns.account_id == account_id, columns.bucket >= since)
        .group_by(start)
    )
    return {int(row[0]): int(row[1]) for row in conn.execute(query)}


def delete_old_event_counts(conn: Connection, account_id: str, before: int) -> int:
    """Remove an account's counts of before a moment; give how many rows."""
    statement = delete(event_counts).where(
        _columns.account_id == account_id, _columns.bucket < before
    )
    return conn.execute(statement).rowcount


@cache
def _add(dialect: str) -> Any:
    statement = upsert(dialect, event_counts)
    return statement.on_conflict_do_update(
        index_elements=["account_id", "bucket", "type", "kind", "worker"],
        set_={"events": _columns.events + statement.excluded.events},
    )
