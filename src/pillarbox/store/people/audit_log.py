"""Who changed what."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select

from pillarbox.store.tables import audit_log


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A row of `audit_log`; its id says when."""

    id: bytes
    account_id: str | None
    actor: str
    via: str
    action: str
    subject: str
    detail: str | None
    source_ip: str


def insert_audit(conn: Connection, row: AuditRow) -> None:
    """Store an entry."""
    conn.execute(insert(audit_log), [asdict(row)])


def list_audit(
    conn: Connection,
    *,
    account_id: str | None,
    before: bytes | None,
    limit: int,
    actor: str = "",
    action: str = "",
    since: bytes | None = None,
    oldest_first: bool = False,
) -> Sequence[AuditRow]:
    """Give entries, the newest first or the oldest: of one account, or of all; older than an id,
    and not older than another; of an actor; of actions that begin so.
    """
    columns = audit_log.c
    order = columns.id if oldest_first else columns.id.desc()
    query = select(audit_log).order_by(order).limit(limit)
    if account_id is not None:
        query = query.where(columns.account_id == account_id)
    if before is not None:
        query = query.where(columns.id < before)
    if since is not None:
        query = query.where(columns.id >= since)
    if actor:
        query = query.where(columns.actor == actor)
    if action:
        query = query.where(columns.action.startswith(action, autoescape=True))
    return [AuditRow(**row._asdict()) for row in conn.execute(query)]


def delete_old_audit(conn: Connection, before: bytes, limit: int) -> int:
    """Remove up to `limit` entries older than an id, the oldest first; give how many."""
    old = select(audit_log.c.id).where(audit_log.c.id < before).order_by(audit_log.c.id)
    statement = delete(audit_log).where(audit_log.c.id.in_(old.limit(limit)))
    return conn.execute(statement).rowcount
