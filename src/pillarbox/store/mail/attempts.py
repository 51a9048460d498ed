"""Attempts on record."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, exists, insert, select

from pillarbox.model.queued import Settlement
from pillarbox.store.tables import attempts, messages, recipients

_INSERT = insert(attempts)


def insert_attempts(conn: Connection, settlements: Iterable[Settlement]) -> None:
    """Keep the attempts of settlements that have one to keep."""
    rows = [
        {
            "message_id": one.claim.message_id,
            "id": one.record.id,
            "position": one.claim.position,
            "outcome": one.record.outcome,
            "detail": one.record.detail,
        }
        for one in settlements
        if one.record is not None
    ]
    if rows:
        conn.execute(_INSERT, rows)


def message_attempts(
    conn: Connection, message_id: bytes, account_id: str | None, limit: int
) -> Sequence[tuple[bytes, str, str, str]]:
    """Give id, recipient, outcome and detail of a message's last attempts, the oldest first.

    `account_id`: of this account's message only; None: of any.
    """
    of_recipient = (recipients.c.message_id == message_id) & (
        recipients.c.position == attempts.c.position
    )
    # Not a join: over a week's new partition PostgreSQL knows nothing yet, and would look at every
    # recipient for every attempt.
    address = select(recipients.c.address).where(of_recipient).scalar_subquery()
    query = (
        select(attempts.c.id, address, attempts.c.outcome, attempts.c.detail)
        .where(attempts.c.message_id == message_id)
        .order_by(attempts.c.id.desc())
        .limit(limit)
    )
    if account_id is not None:
        own = (messages.c.id == message_id) & (messages.c.account_id == account_id)
        query = query.where(exists(select(messages.c.id).where(own)))
    found = [(row[0], row[1] or "", row[2], row[3]) for row in conn.execute(query)]
    return found[::-1]
