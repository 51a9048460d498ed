"""Which events may have to be forwarded by mail: noted in the transaction that stores them.

Takes events; hands on a row for each Bounce and Complaint. Whether it is forwarded, and where to,
is found out later (`inbound/forwarding.py`): a bounce costs one small row here, everything else
nothing, and a crash loses no feedback (docs/why/0056).
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from pillarbox.model.event import Event
from pillarbox.model.feedback import FORWARDED_EVENTS, Feedback
from pillarbox.store.coming_back.feedback import insert_feedback

#: A larger report is not passed on: feedback of our own wording is sent in its place.
MAX_PASSED_ON = 1024 * 1024


def note_feedback(conn: Connection, happened: Iterable[Event], report: bytes | None = None) -> None:
    """Note what may have to be forwarded; `report`: the mail that told of it, as it came."""
    insert_feedback(
        conn,
        [
            Feedback(
                id=event.id,
                message_id=event.message_id,
                position=event.position,
                kind=event.type,
                report=passed_on(report),
            )
            for event in happened
            if event.type in FORWARDED_EVENTS and event.position is not None
        ],
    )


def passed_on(report: bytes | None) -> bytes | None:
    """Give a report if it is small enough to be passed on as it came."""
    return report if report is not None and len(report) <= MAX_PASSED_ON else None
