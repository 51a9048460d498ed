"""The queue as an operator sees and changes it: counts by lane, and recipients moved in portions.

Nothing here waits for a worker: what a worker holds at the moment is skipped.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    TextClause,
    func,
    select,
    text,
    tuple_,
    update,
)

from pillarbox.base.ids import uuid7_floor
from pillarbox.model.queue_filter import QueueFilter
from pillarbox.model.queued import HELD, QUEUED
from pillarbox.store.mail.lanes import is_of_account, lanes_of_account
from pillarbox.store.tables import HELD_ONLY, QUEUED_ONLY, messages, recipients

_columns = recipients.c
_ONLY = {QUEUED: QUEUED_ONLY, HELD: HELD_ONLY}
#: The same for questions about age: the plus keeps both engines from the index by lane, which sends
#: them to the table for each row; the ids are in order of age.
_ONLY_BY_AGE = {
    QUEUED: text("+recipients.state = 0"),
    HELD: text("+recipients.state = 5"),
}


def count_by_lane(
    conn: Connection, chosen: QueueFilter, state: int
) -> Sequence[tuple[str, int, int]]:
    """Give each lane with its number of recipients in a state and its earliest due time.

    The largest first. Unfiltered, and by domain or account, it reads nothing but the index of the
    queue.
    """
    count, only = func.count(), _ONLY_BY_AGE if _is_by_age(chosen) else _ONLY
    query = (
        select(_columns.lane, count, func.min(_columns.due_at))
        .where(only[state], *_conditions(chosen))
        .group_by(_columns.lane)
        .order_by(count.desc(), _columns.lane)
    )
    return [(lane, number, due) for lane, number, due in conn.execute(query)]


def count_some_by_lane(
    conn: Connection, account_id: str, state: int, most: int
) -> Sequence[tuple[str, int, int]]:
    """Give what `count_by_lane` gives of an account, over `most` of its recipients at most.

    Of what waits, its own lanes alone are looked at, and neither part ever grows with the queue.
    """
    mine = (
        _columns.lane.in_(lanes_of_account(account_id))
        if state == QUEUED
        else is_of_account(_columns.lane, account_id)
    )
    some = select(_columns.lane, _columns.due_at).where(_ONLY[state], mine).limit(most).subquery()
    count = func.count()
    query = (
        select(some.c.lane, count, func.min(some.c.due_at))
        .group_by(some.c.lane)
        .order_by(count.desc(), some.c.lane)
    )
    return [(lane, number, due) for lane, number, due in conn.execute(query)]


def count_claimed_by_lane(conn: Connection) -> dict[str, int]:
    """Give how many recipients of each lane a worker holds at the moment."""
    query = (
        select(_columns.lane, func.count())
        .where(_columns.claim_owner.is_not(None))
        .group_by(_columns.lane)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def count_claimed(conn: Connection, chosen: QueueFilter) -> int:
    """Count the chosen recipients that a worker holds at the moment."""
    query = select(func.count()).where(_columns.claim_owner.is_not(None), *_conditions(chosen))
    return int(conn.execute(query).scalar_one())


def move_recipients(
    conn: Connection,
    chosen: QueueFilter,
    *,
    state: int,
    values: dict[str, Any],
    due_after: int | None = None,
    limit: int,
) -> Sequence[tuple[str, int]]:
    """Change up to `limit` chosen recipients in a state that no worker holds.

    `due_after`: only those due after this moment. Gives the lane and the new due time of each.
    """
    wanted: list[ColumnElement[bool] | TextClause] = [_ONLY[state]]
    wanted += [_columns.claim_owner.is_(None), *_conditions(chosen)]
    if due_after is not None:
        wanted.append(_columns.due_at > due_after)
    key = tuple_(_columns.message_id, _columns.position)
    portion = (
        select(_columns.message_id, _columns.position)
        .where(*wanted)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(recipients)
        .where(key.in_(portion))
        .values(**values)
        .returning(_columns.lane, _columns.due_at)
    )
    return [(row[0], row[1]) for row in conn.execute(statement)]


def message_recipients(conn: Connection, message_id: bytes) -> Sequence[Any]:
    """Give the recipients of a message in their order, each with what became of it so far."""
    query = (
        select(
            _columns.address,
            _columns.state,
            _columns.attempts,
            _columns.due_at,
            _columns.settled_at,
            _columns.last_reply,
            _columns.claim_owner,
        )
        .where(_columns.message_id == message_id)
        .order_by(_columns.position)
    )
    return list(conn.execute(query))


def _is_by_age(chosen: QueueFilter) -> bool:
    """Tell whether age narrows a choice down more than its other conditions."""
    by_others = (chosen.domain, chosen.account_id, chosen.configuration_set, chosen.message_id)
    return chosen.before is not None and by_others == (None,) * 4


def _conditions(chosen: QueueFilter) -> list[ColumnElement[bool]]:
    """Write a filter as conditions; a lane is named `domain account` or `domain account/pool`."""
    found: list[ColumnElement[bool]] = []
    if chosen.domain is not None:
        # Not a range of the index: what lies in one depends on the database's collation.
        found.append(_columns.lane.startswith(f"{chosen.domain} ", autoescape=True))
    if chosen.account_id is not None:
        # The lane names it, so that the index is enough.
        found.append(is_of_account(_columns.lane, chosen.account_id))
    if chosen.configuration_set is not None:
        of_set = select(messages.c.id).where(
            messages.c.configuration_set == chosen.configuration_set
        )
        found.append(_columns.message_id.in_(of_set))
    if chosen.before is not None:
        found.append(_columns.message_id < uuid7_floor(chosen.before))
    if chosen.message_id is not None:
        found.append(_columns.message_id == chosen.message_id)
    return found
