"""The queue in the operator's hands: look, try again, set aside, give up.

Functions on a connection. Those that change recipients do a portion at a time, so that a million of
them keeps nobody from sending; what a worker holds at the moment is left alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.model.queue_filter import LaneInQueue, QueueFilter, RecipientInQueue
from pillarbox.model.queued import (
    BOUNCED,
    CANCELLED,
    DELIVERED,
    HELD,
    QUEUED,
    REJECTED,
    SUPPRESSED,
    UNRENDERABLE,
    Lane,
    Message,
)
from pillarbox.store.mail import queue_view as rows
from pillarbox.store.mail.lanes import lanes_of, wake_lanes
from pillarbox.store.mail.messages import read_messages

#: Recipients changed in one transaction.
PORTION = 2000
#: What each state of a recipient is called.
STATE_NAMES = {
    QUEUED: "queued",
    DELIVERED: "delivered",
    BOUNCED: "bounced",
    CANCELLED: "cancelled",
    SUPPRESSED: "suppressed",
    REJECTED: "rejected",
    HELD: "held",
    UNRENDERABLE: "rendering failed",
}


@dataclass(frozen=True, slots=True)
class MessageInQueue:
    """A message and what became of each recipient."""

    message: Message
    recipients: tuple[RecipientInQueue, ...]


def list_lanes(conn: Connection, chosen: QueueFilter, *, held: bool = False) -> list[LaneInQueue]:
    """Give what waits, by destination and account, the most first; `held`: what is set aside."""
    in_flight = {} if held else rows.count_claimed_by_lane(conn)
    return [
        _lane(lane, count, in_flight.get(lane, 0), due)
        for lane, count, due in rows.count_by_lane(conn, chosen, HELD if held else QUEUED)
    ]


def list_some_lanes(
    conn: Connection, account_id: str, *, held: bool = False, most: int
) -> list[LaneInQueue]:
    """Give what `list_lanes` gives of an account, counting no more than `most` recipients."""
    in_flight = {} if held else rows.count_claimed_by_lane(conn)
    return [
        _lane(lane, count, in_flight.get(lane, 0), due)
        for lane, count, due in rows.count_some_by_lane(
            conn, account_id, HELD if held else QUEUED, most
        )
    ]


def _lane(lane: str, recipients: int, in_flight: int, next_due: int) -> LaneInQueue:
    name = Lane.named(lane)
    return LaneInQueue(
        domain=name.domain,
        account_id=name.account_id,
        pool=name.pool,
        configuration_set=name.configuration_set,
        recipients=recipients,
        in_flight=in_flight,
        next_due=next_due,
    )


def show_message(conn: Connection, message_id: bytes) -> MessageInQueue | None:
    """Give a message with its recipients, None for one that is not (or no longer) kept."""
    message = read_messages(conn, [message_id]).get(message_id)
    if message is None:
        return None
    return MessageInQueue(message, tuple(list_recipients(conn, message_id)))


def list_recipients(conn: Connection, message_id: bytes) -> list[RecipientInQueue]:
    """Give the recipients of a message in their order, each with what became of it so far."""
    return [_recipient(row) for row in rows.message_recipients(conn, message_id)]


def count_in_flight(conn: Connection, chosen: QueueFilter) -> int:
    """Count the chosen recipients that are being delivered right now."""
    return rows.count_claimed(conn, chosen)


#: Changes a portion of the chosen recipients at a moment; gives how many it changed.
Change = Callable[[Connection, QueueFilter, int], int]


def retry_portion(conn: Connection, chosen: QueueFilter, now: int) -> int:
    """Make recipients that wait for their next try due now."""
    return _wake(
        conn,
        rows.move_recipients(
            conn, chosen, state=QUEUED, values={"due_at": now}, due_after=now, limit=PORTION
        ),
        now,
    )


def hold_portion(conn: Connection, chosen: QueueFilter, now: int) -> int:  # noqa: ARG001 - a Change
    """Set recipients aside: they stay until they are released or cancelled, whatever their age."""
    return len(
        rows.move_recipients(conn, chosen, state=QUEUED, values={"state": HELD}, limit=PORTION)
    )


def release_portion(conn: Connection, chosen: QueueFilter, now: int) -> int:
    """Put held recipients back into the queue, due now."""
    values = {"state": QUEUED, "due_at": now}
    return _wake(
        conn, rows.move_recipients(conn, chosen, state=HELD, values=values, limit=PORTION), now
    )


def cancel_portion(conn: Connection, chosen: QueueFilter, now: int) -> int:
    """Give recipients up for good, held ones too: they are not tried again, and no event tells."""
    values = {"state": CANCELLED, "settled_at": now, "last_reply": "cancelled by the operator"}
    changed = 0
    for state in (QUEUED, HELD):
        changed += len(
            rows.move_recipients(conn, chosen, state=state, values=values, limit=PORTION)
        )
    return changed


def _wake(conn: Connection, moved: Sequence[tuple[str, int]], now: int) -> int:
    wake_lanes(conn, lanes_of(moved), now)
    return len(moved)


def _recipient(row: object) -> RecipientInQueue:
    address, state, attempts, due_at, settled_at, last_reply, owner = tuple(row)  # type: ignore[arg-type,var-annotated]
    return RecipientInQueue(
        address=address,
        state="in delivery" if owner is not None else STATE_NAMES[state],
        attempts=attempts,
        due_at=due_at,
        settled_at=settled_at,
        last_reply=last_reply,
    )
