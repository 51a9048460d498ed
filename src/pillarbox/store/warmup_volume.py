"""How much of a day's warm-up volume an address has taken, over all workers."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from pillarbox.store.dialect import insert_or_ignore, upsert
from pillarbox.store.tables import dedicated_ip_days as days


def take_volume(conn: Connection, address: str, day: int, wanted: int, limit: int) -> int:
    """Take up to `wanted` messages of an address's day; give how many there still were."""
    row = {"address": address, "day": day, "taken": 0, "overflowed": 0}
    conn.execute(insert_or_ignore(conn.dialect.name, days).values(row))
    here = (days.c.address == address, days.c.day == day)
    query = select(days.c.taken).where(*here).with_for_update()
    taken = int(conn.execute(query).scalar_one())
    granted = max(0, min(wanted, limit - taken))
    if granted:
        conn.execute(update(days).where(*here).values(taken=taken + granted))
    return granted


def add_overflow(conn: Connection, address: str, day: int, count: int) -> None:
    """Count messages that an address could not take on a day."""
    row = {"address": address, "day": day, "taken": 0, "overflowed": count}
    statement = upsert(conn.dialect.name, days).values(row)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["address", "day"],
            set_={"overflowed": days.c.overflowed + statement.excluded.overflowed},
        )
    )


def read_day(conn: Connection, day: int) -> dict[str, tuple[int, int]]:
    """Give what each address took on a day, and what overflowed."""
    query = select(days.c.address, days.c.taken, days.c.overflowed).where(days.c.day == day)
    return {row[0]: (row[1], row[2]) for row in conn.execute(query)}


def read_days(
    conn: Connection, addresses: Sequence[str], first: int
) -> dict[str, dict[int, tuple[int, int]]]:
    """Give what addresses took on each day since one, and what overflowed."""
    query = select(days.c.address, days.c.day, days.c.taken, days.c.overflowed).where(
        days.c.address.in_(addresses), days.c.day >= first
    )
    found: dict[str, dict[int, tuple[int, int]]] = {}
    for address, day, taken, overflowed in conn.execute(query):
        found.setdefault(address, {})[day] = (taken, overflowed)
    return found
