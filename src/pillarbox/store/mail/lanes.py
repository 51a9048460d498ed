"""Lanes: which destinations of which accounts have something due.

Whoever queues appends a wake; whoever claims folds the wakes into `lanes`. An append never waits
for anybody, and a wake that is not committed yet is folded by the next claim: none is lost, and no
lock is held across accepting and claiming.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from pillarbox.base.ids import uuid7
from pillarbox.store.dialect import upsert
from pillarbox.store.tables import QUEUED_ONLY, lane_wakes, lanes, recipients

FOLD_AT_ONCE = 1000


def wake_lanes(conn: Connection, due: Mapping[str, int], now: int) -> None:
    """Say when each of these lanes has something due."""
    rows = [{"id": uuid7(now), "lane": lane, "due_at": at} for lane, at in due.items()]
    if rows:
        conn.execute(_INSERT_WAKE, rows)


def something_due(conn: Connection, now: int, skipped: Sequence[str] = ()) -> bool:
    """Tell whether claiming is worth a writing transaction; `skipped`: ends of lanes' names."""
    if not skipped:
        return bool(conn.execute(_SOMETHING_DUE, {"now": now}).scalar())
    due = select(lanes.c.lane).where(lanes.c.due_at <= now, *_none_of(skipped))
    query = select(or_(exists(select(lane_wakes.c.id)), exists(due)))
    return bool(conn.execute(query).scalar())


def fold_wakes(conn: Connection) -> None:
    """Take the wakes that have come and bring `lanes` up to date with them."""
    due: dict[str, int] = {}
    for lane, due_at in conn.execute(_TAKE_WAKES):
        due[lane] = min(due_at, due.get(lane, due_at))
    if due:
        rows = [{"lane": lane, "due_at": due[lane]} for lane in sorted(due)]
        conn.execute(_bring_forward(conn.dialect.name), rows)


def due_lanes(
    conn: Connection, now: int, after: str, limit: int, skipped: Sequence[str] = ()
) -> Sequence[str]:
    """Give lanes with something due, in order, those after `after` first.

    `skipped`: none whose name ends so.
    """
    values = {"now": now, "after": after, "most": limit}
    query = _DUE_LANES.where(*_none_of(skipped)) if skipped else _DUE_LANES
    return list(conn.execute(query, values).scalars())


def _none_of(skipped: Sequence[str]) -> list[ColumnElement[bool]]:
    return [not_(lanes.c.lane.endswith(end, autoescape=True)) for end in skipped]


def lanes_of_account(account_id: str) -> CompoundSelect[str]:
    """Choose the lanes of an account that may have something queued, to look there alone."""
    folded = select(lanes.c.lane).where(is_of_account(lanes.c.lane, account_id))
    woken = select(lane_wakes.c.lane).where(is_of_account(lane_wakes.c.lane, account_id))
    return folded.union(woken)


def is_of_account(lane: ColumnElement[str], account_id: str) -> ColumnElement[bool]:
    """Tell whether a lane's name ends with the account, or the account and a pool."""
    return or_(
        lane.endswith(f" {account_id}", autoescape=True),
        lane.contains(f" {account_id}/", autoescape=True),
    )


def rest_lane(conn: Connection, lane: str) -> None:
    """Set a lane's due time to that of its first queued recipient, or forget the lane."""
    if conn.execute(_HOLD_LANE, {"key": lane}).scalar_one_or_none() is None:
        return  # another worker folds a wake into it or lays it to rest
    due_at = conn.execute(_FIRST_DUE, {"key": lane}).scalar_one_or_none()
    if due_at is None:
        conn.execute(_FORGET_LANE, {"key": lane})
    else:
        conn.execute(_REST_LANE, {"key": lane, "at": due_at})


def pause_lanes(conn: Connection, until: Mapping[str, int]) -> None:
    """Leave lanes alone that have something due; a wake brings them forward again."""
    rows = [{"key": lane, "at": until[lane]} for lane in sorted(until)]
    if rows:
        conn.execute(_PAUSE_LANE, rows)


def lanes_of(claimed: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Give the earliest due time of each lane among (lane, due) pairs."""
    due: dict[str, int] = {}
    for lane, at in claimed:
        due[lane] = min(at, due.get(lane, at))
    return due


# Built once: SQLAlchemy finds their compiled form by identity then.
_NOW: BindParameter[Any] = bindparam("now")
_KEY: BindParameter[Any] = bindparam("key")
_INSERT_WAKE = insert(lane_wakes)
_SOMETHING_DUE = select(
    or_(exists(select(lane_wakes.c.id)), exists().where(lanes.c.due_at <= _NOW))
)
_TAKE_WAKES = (
    delete(lane_wakes)
    .where(
        lane_wakes.c.id.in_(
            select(lane_wakes.c.id).limit(FOLD_AT_ONCE).with_for_update(skip_locked=True)
        )
    )
    .returning(lane_wakes.c.lane, lane_wakes.c.due_at)
)
_DUE_LANES = (
    select(lanes.c.lane)
    .where(lanes.c.due_at <= _NOW)
    .order_by(case((lanes.c.lane > bindparam("after"), 0), else_=1), lanes.c.lane)
    .limit(bindparam("most"))
)
_HOLD_LANE = select(lanes.c.lane).where(lanes.c.lane == _KEY).with_for_update(skip_locked=True)
_FIRST_DUE = select(func.min(recipients.c.due_at)).where(recipients.c.lane == _KEY, QUEUED_ONLY)
_FORGET_LANE = delete(lanes).where(lanes.c.lane == _KEY)
_REST_LANE = update(lanes).where(lanes.c.lane == _KEY).values(due_at=bindparam("at"))

_PAUSE_LANE = _REST_LANE.where(lanes.c.due_at < bindparam("at"))


@cache
def _bring_forward(dialect: str) -> Any:
    statement = upsert(dialect, lanes)
    sooner = case(
        (statement.excluded.due_at < lanes.c.due_at, statement.excluded.due_at),
        else_=lanes.c.due_at,
    )
    return statement.on_conflict_do_update(index_elements=["lane"], set_={"due_at": sooner})
