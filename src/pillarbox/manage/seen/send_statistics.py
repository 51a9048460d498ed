"""What became of an account's mail, over time (facts §9).

A function on a connection, to be run in a transaction of the store.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.model.event import BOUNCE
from pillarbox.store.publishing.statistics import count_accepted, count_events

BUCKET_MS = 15 * 60 * 1000
SPAN_MS = 14 * 24 * 3600 * 1000
_COMPLAINT, _REJECT = "Complaint", "Reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPoint:
    """What happened in 15 minutes, counted in recipients. `start`: milliseconds since the epoch."""

    start: int
    attempts: int
    bounces: int
    complaints: int
    rejects: int


def send_points(conn: Connection, account_id: str, *, now: int) -> list[SendPoint]:
    """Give the last two weeks in spans of 15 minutes, oldest first; empty ones are left out."""
    since = (now - SPAN_MS) // BUCKET_MS * BUCKET_MS
    types = (BOUNCE, _COMPLAINT, _REJECT)
    accepted = count_accepted(conn, account_id, since, BUCKET_MS)
    counted = count_events(conn, account_id, types, since, BUCKET_MS)
    starts = sorted(accepted.keys() | {start for start, _ in counted})
    return [
        SendPoint(
            start=start,
            attempts=accepted.get(start, 0),
            bounces=counted.get((start, BOUNCE), 0),
            complaints=counted.get((start, _COMPLAINT), 0),
            rejects=counted.get((start, _REJECT), 0),
        )
        for start in starts
    ]
