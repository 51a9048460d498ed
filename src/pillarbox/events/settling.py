"""Settling: a recipient's new state and the event that tells of it, in one transaction.

A settlement that leaves the recipient queued, or that fails it, needs the token of the claim it
comes from: who lost its lease decides nothing. A late `Delivered` always wins: the mail is there.
The attempt itself goes on record either way.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from pillarbox.events.counting import Happened, count_reputation
from pillarbox.events.forwarding import note_feedback
from pillarbox.events.rendered_mail import show_rendered
from pillarbox.events.suppressing import suppress_after
from pillarbox.model.queued import BOUNCED, DELIVERED, QUEUED, Settlement
from pillarbox.store.mail.attempts import insert_attempts
from pillarbox.store.mail.lanes import lanes_of, wake_lanes
from pillarbox.store.mail.recipients import held_states, write_settlements
from pillarbox.store.publishing.events import insert_events


def settle_batch(conn: Connection, settlements: Sequence[Settlement]) -> list[bool]:
    """Write settlements (a batch function of `store/writer.py`); tell which of them counted."""
    held = held_states(conn, (one.claim.message_id for one in settlements))
    counted = [_counts(one, held.get(_key(one))) for one in settlements]
    insert_attempts(conn, (one for one in settlements if _key(one) in held))
    applied = [one for one, counts in zip(settlements, counted, strict=True) if counts]
    if applied:
        write_settlements(conn, applied)
        show_rendered(conn, applied)
        happened = [(one.event, one.claim.address) for one in applied if one.event is not None]
        insert_events(conn, [event for event, _ in happened])
        suppress_after(conn, happened)
        note_feedback(conn, [event for event, _ in happened])
        count_reputation(conn, [_happened(one, held[_key(one)][0]) for one in applied if one.event])
        still_queued = ((one.claim.lane, one.due_at) for one in applied if one.state == QUEUED)
        wake_lanes(conn, lanes_of(still_queued), applied[0].settled_at)
    return counted


def _happened(settlement: Settlement, state: int) -> Happened:
    """Say what a settlement with an event means, given the recipient's state before it."""
    assert settlement.event is not None  # noqa: S101 - the caller's choice
    ended = settlement.state in {DELIVERED, BOUNCED} and state != BOUNCED
    return Happened(
        event=settlement.event,
        address=settlement.claim.address,
        sending_domain=settlement.sending_domain,
        sent_from=settlement.sent_from,
        ended=ended,
    )


def _key(settlement: Settlement) -> tuple[bytes, int]:
    return settlement.claim.message_id, settlement.claim.position


def _counts(settlement: Settlement, held: tuple[int, bytes | None] | None) -> bool:
    """Tell whether a settlement still counts, given the recipient's state and claim token."""
    if held is None:
        return False
    state, token = held
    if settlement.state == DELIVERED:
        return state != DELIVERED
    return state == QUEUED and token == settlement.claim.token
