"""Lanes: which destinations of which accounts have something due.

Whoever queues appends a wake; whoever claims folds the wakes into `lanes`. An append never waits
for anybody, and a wake that is not committed yet is folded by the next claim: none is lost, and no
lock is held across accepting and claiming.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, case, delete, exists, func, insert, or_, select, update

from pillarbox.base.ids import uuid7
from pillarbox.model.queued import QUEUED
from pillarbox.store.dialect import upsert
from pillarbox.store.tables import lane_wakes, lanes, recipients

FOLD_AT_ONCE = 1000


def wake_lanes(conn: Connection, due: Mapping[str, int], now: int) -> None:
    """Say when each of these lanes has something due."""
    rows = [{"id": uuid7(now), "lane": lane, "due_at": at} for lane, at in due.items()]
    if rows:
        conn.execute(insert(lane_wakes), rows)


def something_due(conn: Connection, now: int) -> bool:
    """Tell whether claiming is worth a writing transaction."""
    due = exists().where(lanes.c.due_at <= now)
    return bool(conn.execute(select(or_(exists(select(lane_wakes.c.id)), due))).scalar())


def fold_wakes(conn: Connection) -> None:
    """Take the wakes that have come and bring `lanes` up to date with them."""
    some = select(lane_wakes.c.id).limit(FOLD_AT_ONCE).with_for_update(skip_locked=True)
    taken = delete(lane_wakes).where(lane_wakes.c.id.in_(some))
    due: dict[str, int] = {}
    for row in conn.execute(taken.returning(lane_wakes.c.lane, lane_wakes.c.due_at)):
        due[row.lane] = min(row.due_at, due.get(row.lane, row.due_at))
    _bring_forward(conn, due)


def due_lanes(conn: Connection, now: int, after: str, limit: int) -> Sequence[str]:
    """Give lanes with something due, in order, those after `after` first."""
    query = select(lanes.c.lane).where(lanes.c.due_at <= now).limit(limit)
    turn = case((lanes.c.lane > after, 0), else_=1)
    return list(conn.execute(query.order_by(turn, lanes.c.lane)).scalars())


def rest_lane(conn: Connection, lane: str) -> None:
    """Set a lane's due time to that of its first queued recipient, or forget the lane."""
    held = select(lanes.c.lane).where(lanes.c.lane == lane).with_for_update(skip_locked=True)
    if conn.execute(held).scalar_one_or_none() is None:
        return  # another worker folds a wake into it or lays it to rest
    first = select(func.min(recipients.c.due_at)).where(
        recipients.c.lane == lane, recipients.c.state == QUEUED
    )
    due_at = conn.execute(first).scalar_one_or_none()
    if due_at is None:
        conn.execute(delete(lanes).where(lanes.c.lane == lane))
    else:
        conn.execute(update(lanes).where(lanes.c.lane == lane).values(due_at=due_at))


def _bring_forward(conn: Connection, due: Mapping[str, int]) -> None:
    if not due:
        return
    statement = upsert(conn, lanes)
    sooner = case(
        (statement.excluded.due_at < lanes.c.due_at, statement.excluded.due_at),
        else_=lanes.c.due_at,
    )
    statement = statement.on_conflict_do_update(index_elements=["lane"], set_={"due_at": sooner})
    conn.execute(statement, [{"lane": lane, "due_at": due[lane]} for lane in sorted(due)])


def lanes_of(claimed: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Give the earliest due time of each lane among (lane, due) pairs."""
    due: dict[str, int] = {}
    for lane, at in claimed:
        due[lane] = min(at, due.get(lane, at))
    return due
