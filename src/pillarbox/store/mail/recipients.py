"""Recipients in the queue: claimed with a lease, settled with its token, taken back."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, select, update

from pillarbox.model.queued import BOUNCED, QUEUED, Claim, Settlement
from pillarbox.store.tables import QUEUED_ONLY, recipients

_key = (
    recipients.c.message_id == bindparam("key_message"),
    recipients.c.position == bindparam("key_position"),
)


def due_recipients(
    conn: Connection, lane: str, now: int, limit: int, token: bytes, lease_until: int
) -> list[Claim]:
    """Give up to `limit` due recipients of a lane, oldest first, held for this transaction."""
    values = {"lane": lane, "now": now, "most": limit}
    return [Claim(*row, token, lease_until) for row in conn.execute(_DUE, values)]


def mark_claimed(conn: Connection, owner: str, claims: Sequence[Claim]) -> None:
    """Write the lease of each claim: it is due again when the lease ends."""
    rows = [
        {
            "key_message": claim.message_id,
            "key_position": claim.position,
            "until": claim.lease_until,
            "token": claim.token,
            "owner": owner,
        }
        for claim in claims
    ]
    conn.execute(_MARK_CLAIMED, rows)


def held_states(
    conn: Connection, message_ids: Iterable[bytes]
) -> dict[tuple[bytes, int], tuple[int, bytes | None]]:
    """Give state and claim token of the recipients of messages, held for this transaction."""
    rows = conn.execute(_HELD_STATES, {"ids": sorted(set(message_ids))})
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def write_settlements(conn: Connection, settlements: Sequence[Settlement]) -> None:
    """Write the new state of each recipient and end its claim."""
    rows = [
        {
            "key_message": one.claim.message_id,
            "key_position": one.claim.position,
            "new_state": one.state,
            "new_due": one.due_at,
            "tried": int(one.attempted),
            "reply": one.reply,
            "at": one.settled_at,
            "source": one.sent_from,
        }
        for one in settlements
    ]
    conn.execute(_SETTLE, rows)


def hold_recipient(conn: Connection, message_id: bytes, position: int) -> str | None:
    """Give a recipient's address, held for this transaction; None when there is no such one."""
    query = select(recipients.c.address).where(
        recipients.c.message_id == message_id, recipients.c.position == position
    )
    return conn.execute(query.with_for_update()).scalar_one_or_none()


def sent_before(conn: Connection, message_id: bytes, position: int) -> tuple[bool, str | None]:
    """Tell whether a recipient was tried to an end, and which address of ours it left by."""
    query = select(recipients.c.state, recipients.c.sent_from).where(
        recipients.c.message_id == message_id, recipients.c.position == position
    )
    state, sent_from = conn.execute(query).one()
    return state != QUEUED, sent_from


def mark_bounced(
    conn: Connection, message_id: bytes, position: int, *, reply: str, now: int
) -> None:
    """Write that a recipient's mail came back, also after a delivery; it is tried no more."""
    columns = recipients.c
    statement = (
        update(recipients)
        .where(columns.message_id == message_id, columns.position == position)
        .values(
            state=BOUNCED,
            claim_owner=None,
            claim_token=None,
            last_reply=reply,
            settled_at=func.coalesce(columns.settled_at, now),
        )
    )
    conn.execute(statement)


def end_queued(conn: Connection, message_id: bytes, *, state: int, reply: str, now: int) -> int:
    """Give all queued recipients of a message a final state, whoever holds them; give how many."""
    statement = (
        update(recipients)
        .where(recipients.c.message_id == message_id, recipients.c.state == QUEUED)
        .values(
            state=state,
            due_at=now,
            claim_owner=None,
            claim_token=None,
            last_reply=reply,
            settled_at=now,
        )
    )
    return conn.execute(statement).rowcount


def renew_claims(conn: Connection, claims: Sequence[Claim], lease_until: int) -> None:
    """Put off the end of leases that are still ours."""
    statement = (
        update(recipients)
        .where(*_key, recipients.c.claim_token == bindparam("token"))
        .values(due_at=lease_until)
    )
    rows = [
        {"key_message": one.message_id, "key_position": one.position, "token": one.token}
        for one in claims
    ]
    if rows:
        conn.execute(statement, rows)


def renew_claim(conn: Connection, claim: Claim, lease_until: int) -> bool:
    """Put off the end of one lease; False when it is not ours any more."""
    values = {"key_message": claim.message_id, "key_position": claim.position}
    statement = (
        update(recipients)
        .where(*_key, recipients.c.claim_token == claim.token)
        .values(due_at=lease_until)
        .returning(recipients.c.position)
    )
    return conn.execute(statement, values).first() is not None


def release_owner(conn: Connection, owner: str, now: int) -> list[str]:
    """Take back at once what a dead incarnation of this owner held; give the lanes concerned."""
    columns = recipients.c
    statement = (
        update(recipients)
        .where(columns.claim_owner == owner, columns.state == QUEUED)
        .values(due_at=now, claim_owner=None, claim_token=None)
        .returning(columns.lane)
    )
    return sorted(set(conn.execute(statement).scalars()))


def held_owners(conn: Connection, prefix: str) -> list[str]:
    """Give the owners with this prefix (a node's workers) that hold claims."""
    columns = recipients.c
    query = (
        select(columns.claim_owner)
        .where(columns.claim_owner.is_not(None), columns.claim_owner.startswith(prefix))
        .distinct()
    )
    return [owner for owner in conn.execute(query).scalars() if owner]


# Built once: SQLAlchemy finds their compiled form by identity then.
_columns = recipients.c
_DUE = (
    select(
        _columns.message_id,
        _columns.position,
        _columns.account_id,
        _columns.address,
        _columns.lane,
        _columns.size,
        _columns.attempts,
    )
    .where(_columns.lane == bindparam("lane"), QUEUED_ONLY, _columns.due_at <= bindparam("now"))
    .order_by(_columns.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_MARK_CLAIMED = (
    update(recipients)
    .where(*_key)
    .values(
        due_at=bindparam("until"), claim_owner=bindparam("owner"), claim_token=bindparam("token")
    )
)
_HELD_STATES = (
    select(_columns.message_id, _columns.position, _columns.state, _columns.claim_token)
    .where(_columns.message_id.in_(bindparam("ids", expanding=True)))
    .with_for_update()
)
_SETTLE = (
    update(recipients)
    .where(*_key)
    .values(
        state=bindparam("new_state"),
        due_at=bindparam("new_due"),
        attempts=_columns.attempts + bindparam("tried"),
        claim_owner=None,
        claim_token=None,
        last_reply=bindparam("reply"),
        settled_at=bindparam("at"),
        sent_from=bindparam("source"),
    )
)
