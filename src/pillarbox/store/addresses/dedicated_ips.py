"""Queries on sending addresses."""

from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from pillarbox.model.list_order import BY_NAME, ListOrder
from pillarbox.model.sending_address import DEFAULT_POOL, SendingAddress
from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.keyset import containing, sorted_page
from pillarbox.store.tables import address_blocks, dedicated_ip_days, dedicated_ip_group_days
from pillarbox.store.tables import dedicated_ips as ips

#: The generation that grows with each change of any sending address.
ADDRESSES = "sending addresses"


def insert_address(conn: Connection, one: SendingAddress) -> bool:
    """Store a new address; tell whether it was stored, or it was there already."""
    values = {name: getattr(one, name) for name in SendingAddress.__dataclass_fields__}
    statement = insert_or_ignore(conn.dialect.name, ips).values(values)
    return conn.execute(statement.returning(ips.c.address)).first() is not None


def all_addresses(conn: Connection) -> list[SendingAddress]:
    """Give all addresses of all accounts and nodes, in their order."""
    rows = conn.execute(select(ips).order_by(ips.c.address))
    return [SendingAddress(**row._asdict()) for row in rows]


def list_stock(
    conn: Connection,
    *,
    after: str,
    limit: int,
    contains: str = "",
    order: ListOrder = BY_NAME,
) -> list[SendingAddress]:
    """Give addresses of all accounts and nodes in their order, either way round, starting past one.

    `contains`: only those with this in the address, the node's name or the account's id, without
    regard to case.
    """
    query = containing(select(ips), contains, ips.c.address, ips.c.node, ips.c.account_id)
    query = sorted_page(
        query, name=ips.c.address, columns={}, after=after, order=order, limit=limit
    )
    return [SendingAddress(**row._asdict()) for row in conn.execute(query)]


def count_by_pool(conn: Connection, account_id: str) -> dict[str, int]:
    """Count the account's addresses by pool; pools without any are not named."""
    pool = func.coalesce(ips.c.pool, DEFAULT_POOL)
    query = select(pool, func.count()).where(ips.c.account_id == account_id).group_by(pool)
    return {row[0]: row[1] for row in conn.execute(query)}


def find_address(conn: Connection, account_id: str, address: str) -> SendingAddress | None:
    """Give an address of the account, None when it has none such."""
    query = select(ips).where(ips.c.account_id == account_id, ips.c.address == address)
    row = conn.execute(query).one_or_none()
    return SendingAddress(**row._asdict()) if row else None


def list_addresses(
    conn: Connection,
    account_id: str,
    *,
    after: str,
    limit: int,
    pool: str | None = None,
    order: ListOrder = BY_NAME,
) -> list[SendingAddress]:
    """Give addresses of the account in their order, either way round, starting past one.

    `pool`: only those in this one, which may be the default pool.
    """
    query = select(ips).where(ips.c.account_id == account_id)
    if pool is not None:
        query = query.where(func.coalesce(ips.c.pool, DEFAULT_POOL) == pool)
    rows = conn.execute(
        sorted_page(query, name=ips.c.address, columns={}, after=after, order=order, limit=limit)
    )
    return [SendingAddress(**row._asdict()) for row in rows]


def update_address(
    conn: Connection, account_id: str, address: str, changes: dict[str, Any]
) -> bool:
    """Change columns of an address of the account; tell whether it has such."""
    statement = update(ips).where(ips.c.account_id == account_id, ips.c.address == address)
    return conn.execute(statement.values(**changes)).rowcount > 0


def empty_pool(conn: Connection, account_id: str, pool: str) -> None:
    """Let the addresses of a pool fall back to the default pool."""
    statement = update(ips).where(ips.c.account_id == account_id, ips.c.pool == pool)
    conn.execute(statement.values(pool=None))


def delete_address(conn: Connection, address: str) -> bool:
    """Forget an address with its counts; tell whether there was one."""
    for counts in (dedicated_ip_days, dedicated_ip_group_days, address_blocks):
        conn.execute(delete(counts).where(counts.c.address == address))
    return conn.execute(delete(ips).where(ips.c.address == address)).rowcount > 0
