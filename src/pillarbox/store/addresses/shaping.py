"""What groups of hosts said of too much: a factor for each that did, the same for all workers."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from pillarbox.store.dialect import upsert
from pillarbox.store.tables import shaping_groups as groups

#: name, factor, why, shrunk_at, changed_at.
StateRow = tuple[str, float, str, int, int]
_ALL = select(groups.c.name, groups.c.factor, groups.c.why, groups.c.shrunk_at, groups.c.changed_at)


def all_states(conn: Connection) -> list[StateRow]:
    """Give the rows of all groups that complained, by name."""
    return [tuple(row) for row in conn.execute(_ALL.order_by(groups.c.name))]


def hold_states(conn: Connection, names: Sequence[str]) -> list[StateRow]:
    """Give the rows of some groups, held for this transaction."""
    query = _ALL.where(groups.c.name.in_(names)).order_by(groups.c.name).with_for_update()
    return [tuple(row) for row in conn.execute(query)]


def write_state(
    conn: Connection, name: str, factor: float, why: str, shrunk_at: int, changed_at: int
) -> None:
    """Write what is known of a group."""
    values = {"factor": factor, "why": why, "shrunk_at": shrunk_at, "changed_at": changed_at}
    statement = upsert(conn.dialect.name, groups).values(name=name, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def forget_states(conn: Connection, factor: float, before: int) -> None:
    """Forget the groups that have had this factor, or more, since before a moment."""
    conn.execute(delete(groups).where(groups.c.factor >= factor, groups.c.changed_at < before))


def forget_state(conn: Connection, name: str) -> bool:
    """Forget what a group said; tell whether there was anything."""
    return conn.execute(delete(groups).where(groups.c.name == name)).rowcount > 0
