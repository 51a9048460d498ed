"""What scanners said of messages."""

from sqlalchemy import Connection, update

from pillarbox.model.queued import HELD, QUEUED, REJECTED
from pillarbox.store.tables import messages, recipients


def keep_scan(conn: Connection, message_id: bytes, said: str) -> bool:
    """Keep the first verdict on a message; tell whether this one is it."""
    statement = (
        update(messages)
        .where(messages.c.id == message_id, messages.c.scan.is_(None))
        .values(scan=said)
    )
    return conn.execute(statement).rowcount > 0


def reject_recipients(conn: Connection, message_id: bytes, *, reply: str, now: int) -> int:
    """End all recipients of a message that are queued or held; tell how many."""
    columns = recipients.c
    statement = (
        update(recipients)
        .where(columns.message_id == message_id, columns.state.in_((QUEUED, HELD)))
        .values(
            state=REJECTED, claim_owner=None, claim_token=None, last_reply=reply, settled_at=now
        )
    )
    return conn.execute(statement).rowcount
