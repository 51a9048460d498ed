"""Names and values of the deployment: its mode, its master key's check value."""

from sqlalchemy import Connection, select

from pillarbox.store.dialect import insert_or_ignore, upsert
from pillarbox.store.tables import meta


def read_meta(conn: Connection, name: str) -> str | None:
    """Give the value of a name, None when there is none."""
    return conn.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()


def keep_first(conn: Connection, name: str, value: str) -> str:
    """Store the value unless the name has one; give the value that stands."""
    conn.execute(insert_or_ignore(conn.dialect.name, meta).values(name=name, value=value))
    return read_meta(conn, name) or value


def write_meta(conn: Connection, name: str, value: str) -> None:
    """Store the value of a name in place of the one it had."""
    statement = upsert(conn.dialect.name, meta).values(name=name, value=value)
    changed = statement.on_conflict_do_update(index_elements=["name"], set_={"value": value})
    conn.execute(changed)
