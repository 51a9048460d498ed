"""Leases for work that must happen once at a time on all nodes together."""

from sqlalchemy import Connection, or_

from pillarbox.store.dialect import upsert
from pillarbox.store.tables import leases


def take_lease(conn: Connection, name: str, owner: str, now: int, until: int) -> bool:
    """Take or renew a lease; False while another owner's has not ended."""
    statement = upsert(conn.dialect.name, leases).values(name=name, owner=owner, until=until)
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": owner, "until": until},
        where=or_(leases.c.owner == owner, leases.c.until < now),
    )
    taken = conn.execute(statement.returning(leases.c.owner)).scalar_one_or_none()
    return taken == owner
