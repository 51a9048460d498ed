"""Identities whose records are to be looked up, and what was found."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from pillarbox.store.generations import bump_generation
from pillarbox.store.tables import dkim_tokens, identities


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCheck:
    """One domain to look up."""

    account_id: str
    name: str
    status: str
    check_started_at: int
    checks: int


def due_checks(conn: Connection, now: int, limit: int) -> list[DueCheck]:
    """Give domains whose check is due, the longest due first."""
    columns = identities.c
    query = (
        select(
            columns.account_id,
            columns.name,
            columns.status,
            columns.check_started_at,
            columns.checks,
        )
        .where(columns.next_check_at <= now, columns.kind == "DOMAIN")
        .order_by(columns.next_check_at)
        .limit(limit)
    )
    return [DueCheck(**row._asdict()) for row in conn.execute(query)]


def first_due(conn: Connection) -> int | None:
    """Give when the next check is due, None when there is none to do."""
    return conn.execute(select(func.min(identities.c.next_check_at))).scalar_one_or_none()


def tokens_of(conn: Connection, account_id: str, identity: str) -> list[str]:
    """Give the tokens of a domain in their order."""
    columns = dkim_tokens.c
    query = (
        select(columns.token)
        .where(
            columns.account_id == account_id,
            columns.identity == identity,
            columns.retired_at.is_(None),
        )
        .order_by(columns.position)
    )
    return list(conn.execute(query).scalars())


def write_check(
    conn: Connection, check: DueCheck, changes: dict[str, object], *, changed: bool
) -> None:
    """Write what a check found, unless the identity was deleted or its check begun anew meanwhile.

    `changed`: the state is another one, which concerns those who remember it.
    """
    columns = identities.c
    conn.execute(
        update(identities)
        .where(
            columns.account_id == check.account_id,
            columns.name == check.name,
            columns.check_started_at == check.check_started_at,
        )
        .values(**changes)
    )
    if changed:
        bump_generation(conn, check.account_id)
