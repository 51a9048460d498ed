"""Keeping what a scanner said of a message; what was found ends it: Reject `Bad content`.

One transaction: the verdict, the state of every recipient that is not settled yet, and one event
for the message (facts §5.2). Whoever else holds a recipient of it can settle nothing any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.ids import uuid7_after
from pillarbox.model.account import is_system
from pillarbox.model.event import REJECT, Event
from pillarbox.model.queued import Message
from pillarbox.store.mail.scans import keep_scan, reject_recipients
from pillarbox.store.publishing.events import insert_events

CLEAN = "clean"
REASON = "Bad content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A message that was scanned; `found`: the signature's name, None for a clean one."""

    message: Message
    found: str | None
    at: int

    @staticmethod
    def is_clean(scan: str) -> bool:
        """Read what is kept in `messages.scan`."""
        return scan == CLEAN


def record_scans(conn: Connection, scanned: Sequence[Scanned]) -> list[None]:
    """Keep verdicts, each once (a batch function of `store/writer.py`)."""
    events = [event for one in scanned for event in _record(conn, one)]
    insert_events(conn, events)
    return [None] * len(scanned)


def _record(conn: Connection, one: Scanned) -> list[Event]:
    message = one.message
    first = keep_scan(conn, message.id, CLEAN if one.found is None else f"found {one.found}")
    if one.found is None or not first:
        return []
    reply = f"rejected: {REASON} ({one.found})"
    if not reject_recipients(conn, message.id, reply=reply, now=one.at):
        return []
    if is_system(message.account_id):
        return []  # the system's own mail tells nobody what became of it
    event = Event(
        id=uuid7_after(message.id, one.at),
        account_id=message.account_id,
        message_id=message.id,
        position=None,
        type=REJECT,
        created_at=one.at,
        detail={"reason": REASON},
        configuration_set=message.configuration_set,
    )
    return [event]
