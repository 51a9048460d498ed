"""Counters that a cache compares to know whether what it holds is still so."""

from collections.abc import Iterable

from sqlalchemy import Connection, select, update

from pillarbox.store.dialect import upsert
from pillarbox.store.tables import accounts, generations

#: The scope of all access keys together.
KEYS = "keys"


def bump_generation(conn: Connection, account_id: str) -> None:
    """Say that the account's configuration has changed, in the transaction that changes it."""
    conn.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(generation=accounts.c.generation + 1)
    )


def bump_scope(conn: Connection, scope: str) -> None:
    """Say that what belongs to a scope has changed."""
    statement = upsert(conn, generations).values(scope=scope, generation=1)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["scope"], set_={"generation": generations.c.generation + 1}
        )
    )


def read_scope(conn: Connection, scope: str) -> int:
    """Give the generation of a scope; 0 for one that never changed."""
    query = select(generations.c.generation).where(generations.c.scope == scope)
    return conn.execute(query).scalar_one_or_none() or 0


def read_account_generations(conn: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Give the generations of accounts."""
    query = select(accounts.c.id, accounts.c.generation).where(accounts.c.id.in_(ids))
    return {row.id: row.generation for row in conn.execute(query)}
