"""Sending addresses that a group of hosts blocks, and until when they are left out for it."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, or_, select

from pillarbox.store.dialect import upsert
from pillarbox.store.tables import address_blocks as blocks
from pillarbox.store.tables import dedicated_ips as ips


@dataclass(frozen=True, slots=True)
class Block:
    """One address and one group; times in milliseconds. `times`: blocks in a row."""

    address: str
    group: str
    since: int
    until: int
    times: int
    reply: str


_ALL = select(
    blocks.c.address,
    blocks.c.group_name,
    blocks.c.since,
    blocks.c.until,
    blocks.c.times,
    blocks.c.reply,
)


def all_blocks(conn: Connection, now: int) -> list[Block]:
    """Give the blocks that last, by address and group."""
    query = _ALL.where(blocks.c.until > now).order_by(blocks.c.address, blocks.c.group_name)
    return [Block(*row) for row in conn.execute(query)]


def blocks_of(
    conn: Connection, account_id: str, now: int, limit: int
) -> list[tuple[str, str, int, bool]]:
    """Give the blocks that an account's mail may meet: address, group, until, whether it is the
    account's own address. Those of other accounts' addresses are not among them.
    """
    query = (
        select(blocks.c.address, blocks.c.group_name, blocks.c.until, ips.c.account_id.is_not(None))
        .join(ips, ips.c.address == blocks.c.address, isouter=True)
        .where(
            blocks.c.until > now,
            or_(ips.c.account_id.is_(None), ips.c.account_id == account_id),
        )
        .order_by(blocks.c.address, blocks.c.group_name)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], bool(row[3])) for row in conn.execute(query)]


def hold_block(conn: Connection, address: str, group: str) -> Block | None:
    """Give what is known of an address and a group, held for this transaction."""
    query = _ALL.where(blocks.c.address == address, blocks.c.group_name == group)
    row = conn.execute(query.with_for_update()).first()
    return Block(*row) if row else None


def write_block(conn: Connection, block: Block) -> None:
    """Write a block over what was known."""
    values = {
        "since": block.since,
        "until": block.until,
        "times": block.times,
        "reply": block.reply,
    }
    statement = upsert(conn.dialect.name, blocks).values(
        address=block.address, group_name=block.group, **values
    )
    conn.execute(
        statement.on_conflict_do_update(index_elements=["address", "group_name"], set_=values)
    )


def forget_blocks(conn: Connection, group: str) -> bool:
    """Forget all blocks of a group; tell whether there were any."""
    return conn.execute(delete(blocks).where(blocks.c.group_name == group)).rowcount > 0
