"""A message whose template can't be rendered: all its queued recipients end, one event tells of it.

The recipients of a message have the same rendering. Whoever finds first that there is none settles
all that are queued, whoever holds them, in the transaction of the one event; who comes later finds
nothing left to settle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.ids import uuid7_after
from pillarbox.model.event import RENDERING_FAILURE, Event
from pillarbox.model.queued import UNRENDERABLE, Claim, Message, Settlement
from pillarbox.store.mail.recipients import end_queued
from pillarbox.store.publishing.events import insert_events


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrenderable:
    """A message that can't be rendered, and why. `template`: None for one without a name."""

    message: Message
    template: str | None
    error: str
    now: int


def give_up_batch(conn: Connection, failures: Sequence[Unrenderable]) -> list[int]:
    """End the queued recipients of messages (a batch function of `store/writer.py`).

    Gives how many there were of each.
    """
    counts = []
    for one in failures:
        ended = end_queued(conn, one.message.id, state=UNRENDERABLE, reply=one.error, now=one.now)
        if ended:
            insert_events(conn, [failure_event(one)])
        counts.append(ended)
    return counts


def settlement_of_unrenderable(claim: Claim, failure: Unrenderable) -> Settlement:
    """Tell what became of one of the recipients, for who counts them."""
    return Settlement(
        claim=claim,
        state=UNRENDERABLE,
        due_at=failure.now,
        reply=failure.error,
        settled_at=failure.now,
        event=None,
    )


def failure_event(failure: Unrenderable) -> Event:
    """Make the event (facts §5.2)."""
    message = failure.message
    return Event(
        id=uuid7_after(message.id, failure.now),
        account_id=message.account_id,
        message_id=message.id,
        position=None,
        type=RENDERING_FAILURE,
        created_at=failure.now,
        detail={"errorMessage": failure.error, "templateName": failure.template},
        configuration_set=message.configuration_set,
    )
