"""The queued mail of a pool, which is what lies in the lanes of its name."""

from sqlalchemy import Connection, select, tuple_, update

from pillarbox.store.mail.lanes import wake_lanes
from pillarbox.store.tables import QUEUED_ONLY, recipients


def wake_pool_mail(conn: Connection, lane_end: str, reply: str, now: int, limit: int) -> None:
    """Make up to `limit` recipients due now that wait with this reply and that no worker holds.

    `lane_end`: how the names of the pool's lanes end; `reply`: how their last reply begins.
    """
    columns = recipients.c
    waiting = (
        select(columns.message_id, columns.position)
        .where(
            QUEUED_ONLY,
            columns.claim_owner.is_(None),
            columns.due_at > now,
            columns.lane.endswith(lane_end, autoescape=True),
            columns.last_reply.startswith(reply, autoescape=True),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(recipients)
        .where(tuple_(columns.message_id, columns.position).in_(waiting))
        .values(due_at=now)
        .returning(columns.lane)
    )
    lanes = set(conn.execute(statement).scalars())
    wake_lanes(conn, dict.fromkeys(sorted(lanes), now), now)
