"""Settling: a recipient's new state and the event that tells of it, in one transaction.

A settlement that leaves the recipient queued, or that fails it, needs the token of the claim it
comes from: who lost its lease decides nothing. A late `Delivered` always wins: the mail is there.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from pillarbox.events.rendered_mail import show_rendered
from pillarbox.events.suppressing import suppress_after
from pillarbox.model.queued import DELIVERED, QUEUED, Settlement
from pillarbox.store.events import insert_events
from pillarbox.store.lanes import lanes_of, wake_lanes
from pillarbox.store.recipients import held_states, write_settlements


def settle_batch(conn: Connection, settlements: Sequence[Settlement]) -> list[bool]:
    """Write settlements (a batch function of `store/writer.py`); tell which of them counted."""
    held = held_states(conn, (one.claim.message_id for one in settlements))
    counted = [_counts(one, held.get(_key(one))) for one in settlements]
    applied = [one for one, counts in zip(settlements, counted, strict=True) if counts]
    if applied:
        write_settlements(conn, applied)
        show_rendered(conn, applied)
        happened = [(one.event, one.claim.address) for one in applied if one.event is not None]
        insert_events(conn, [event for event, _ in happened])
        suppress_after(conn, happened)
        still_queued = ((one.claim.lane, one.due_at) for one in applied if one.state == QUEUED)
        wake_lanes(conn, lanes_of(still_queued), applied[0].settled_at)
    return counted


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
