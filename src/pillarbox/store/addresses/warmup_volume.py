"""How much of a day's warm-up volume an address has taken, over all workers, in all and for each
group of hosts that has a share.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Table, select, update

from pillarbox.model.warmup import Volume
from pillarbox.store.dialect import insert_or_ignore, upsert
from pillarbox.store.tables import dedicated_ip_days as days
from pillarbox.store.tables import dedicated_ip_group_days as group_days


def take_volume(conn: Connection, volume: Volume, wanted: int, limit: int) -> int:
    """Take up to `wanted` messages of a volume of `limit`; give how many there still were."""
    table, key = _place(volume)
    row = {**key, "taken": 0, "overflowed": 0}
    conn.execute(insert_or_ignore(conn.dialect.name, table).values(row))
    here = [table.c[name] == value for name, value in key.items()]
    query = select(table.c.taken).where(*here).with_for_update()
    taken = int(conn.execute(query).scalar_one())
    granted = max(0, min(wanted, limit - taken))
    if granted:
        conn.execute(update(table).where(*here).values(taken=taken + granted))
    return granted


def give_volume_back(conn: Connection, volume: Volume) -> None:
    """Give one message back that was taken and not sent."""
    table, key = _place(volume)
    here = [table.c[name] == value for name, value in key.items()]
    conn.execute(update(table).where(*here, table.c.taken > 0).values(taken=table.c.taken - 1))


def add_overflow(conn: Connection, volume: Volume, count: int) -> None:
    """Count messages that a volume had no room for."""
    table, key = _place(volume)
    statement = upsert(conn.dialect.name, table).values(**key, taken=0, overflowed=count)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=list(key),
            set_={"overflowed": table.c.overflowed + statement.excluded.overflowed},
        )
    )


def _place(volume: Volume) -> tuple[Table, dict[str, str | int]]:
    """Give the table and the key of a count."""
    key: dict[str, str | int] = {"address": volume.address, "day": volume.day}
    return (group_days, key | {"group_name": volume.group}) if volume.group else (days, key)


def read_group_day(conn: Connection, day: int) -> dict[str, dict[str, tuple[int, int]]]:
    """Give what each address took on a day for each group of hosts, and what overflowed."""
    table = group_days
    query = select(table.c.address, table.c.group_name, table.c.taken, table.c.overflowed)
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for address, group, taken, overflowed in conn.execute(query.where(table.c.day == day)):
        found.setdefault(address, {})[group] = (taken, overflowed)
    return found


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
