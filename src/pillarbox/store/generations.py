"""Counters that a cache compares to know whether what it holds is still so."""

from sqlalchemy import Connection, bindparam, select, update

from pillarbox.store.dialect import upsert
from pillarbox.store.tables import accounts, generations

#: The scope of all access keys together.
KEYS = "keys"
#: The scope of the queue in people's hands: they have had mail tried again.
RETRIED = "retried"
#: The same as `read_scope` for a plain SQLite connection.
QUICK_READ_SCOPE = "SELECT generation FROM generations WHERE scope = ?"
_READ_SCOPE = select(generations.c.generation).where(generations.c.scope == bindparam("key"))


def bump_generation(conn: Connection, account_id: str) -> None:
    """Say that the account's configuration has changed, in the transaction that changes it."""
    conn.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(generation=accounts.c.generation + 1)
    )


def bump_scope(conn: Connection, scope: str) -> None:
    """Say that what belongs to a scope has changed."""
    statement = upsert(conn.dialect.name, generations).values(scope=scope, generation=1)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["scope"], set_={"generation": generations.c.generation + 1}
        )
    )


def read_scope(conn: Connection, scope: str) -> int:
    """Give the generation of a scope; 0 for one that never changed."""
    return conn.execute(_READ_SCOPE, {"key": scope}).scalar_one_or_none() or 0
