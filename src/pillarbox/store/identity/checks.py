"""Identities whose records are to be looked up, and what was found."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select, update

from pillarbox.store.identity.identities import IdentityRow
from pillarbox.store.tables import identities

#: What a check decides upon besides the records: when one of these has changed, it decided on
#: something else.
_BASIS = (
    "check_started_at",
    "dkim_started_at",
    "signing_origin",
    "mail_from_domain",
    "mail_from_started_at",
)


def due_checks(conn: Connection, now: int, limit: int) -> list[IdentityRow]:
    """Give identities whose check is due, the longest due first."""
    columns = identities.c
    query = (
        select(identities)
        .where(columns.next_check_at <= now)
        .order_by(columns.next_check_at)
        .limit(limit)
    )
    return [IdentityRow(**row._asdict()) for row in conn.execute(query)]


def first_due(conn: Connection) -> int | None:
    """Give when the next check is due, None when there is none to do."""
    return conn.execute(select(func.min(identities.c.next_check_at))).scalar_one_or_none()


def due_rotations(conn: Connection, now: int, limit: int) -> list[IdentityRow]:
    """Give identities whose next key is to begin to sign, the longest due first."""
    query = (
        select(identities)
        .where(identities.c.rotate_at <= now)
        .order_by(identities.c.rotate_at)
        .limit(limit)
    )
    return [IdentityRow(**row._asdict()) for row in conn.execute(query)]


def end_rotation(conn: Connection, row: IdentityRow) -> bool:
    """Say that an identity's next key signs now; False when another worker said so before."""
    columns = identities.c
    statement = (
        update(identities)
        .where(
            columns.account_id == row.account_id,
            columns.name == row.name,
            columns.rotate_at == row.rotate_at,
        )
        .values(rotate_at=None, signing_key_bits=row.next_key_bits or row.signing_key_bits)
    )
    return conn.execute(statement).rowcount > 0


def write_check(conn: Connection, checked: IdentityRow, changes: Mapping[str, Any]) -> bool:
    """Write what a check found, and tell whether it counts.

    It does not when the identity was deleted, or what was checked is another thing by now.
    """
    columns = identities.c
    same = [columns[name].is_not_distinct_from(getattr(checked, name)) for name in _BASIS]
    statement = (
        update(identities)
        .where(columns.account_id == checked.account_id, columns.name == checked.name, *same)
        .values(**changes)
    )
    return conn.execute(statement).rowcount > 0
