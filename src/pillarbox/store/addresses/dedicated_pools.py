"""Queries on dedicated IP pools."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.tables import dedicated_ip_pools as pools


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRow:
    """A row of `dedicated_ip_pools`. `tags`: JSON."""

    account_id: str
    name: str
    created_at: int
    scaling_mode: str
    tags: str


def insert_pool(conn: Connection, row: PoolRow) -> bool:
    """Store a new pool; tell whether it was stored, or another transaction was first."""
    values = {name: getattr(row, name) for name in PoolRow.__dataclass_fields__}
    statement = insert_or_ignore(conn.dialect.name, pools).values(values)
    return conn.execute(statement.returning(pools.c.name)).first() is not None


def find_pool(conn: Connection, account_id: str, name: str) -> PoolRow | None:
    """Give a pool of the account, None when there is none of this name."""
    query = select(pools).where(pools.c.account_id == account_id, pools.c.name == name)
    row = conn.execute(query).one_or_none()
    return PoolRow(**row._asdict()) if row else None


def keep_pool(conn: Connection, account_id: str, name: str) -> bool:
    """Tell whether there is such a pool, and keep it from being deleted in this transaction."""
    query = select(pools.c.name).where(pools.c.account_id == account_id, pools.c.name == name)
    return conn.execute(query.with_for_update(read=True)).first() is not None


def count_pools(conn: Connection, account_id: str) -> int:
    """Count the account's pools."""
    query = select(func.count()).where(pools.c.account_id == account_id)
    return int(conn.execute(query).scalar_one())


def list_pools(conn: Connection, account_id: str, *, after: str, limit: int) -> list[str]:
    """Give names of pools in their order, starting after a name."""
    query = select(pools.c.name).where(pools.c.account_id == account_id, pools.c.name > after)
    return list(conn.execute(query.order_by(pools.c.name).limit(limit)).scalars())


def delete_pool(conn: Connection, account_id: str, name: str) -> bool:
    """Delete a pool; tell whether there was one."""
    statement = delete(pools).where(pools.c.account_id == account_id, pools.c.name == name)
    return conn.execute(statement).rowcount > 0
