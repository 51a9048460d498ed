"""What messages made from a template share: versions of templates, and what one call brought."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, delete, exists, insert, or_, select, update

from pillarbox.model.template import SharedRow
from pillarbox.store.tables import messages, shared_contents

_columns = shared_contents.c
_READ = select(_columns.id, _columns.content).where(
    _columns.id.in_(bindparam("ids", expanding=True))
)


def insert_shared(conn: Connection, rows: Sequence[SharedRow]) -> None:
    """Store rows that messages are going to refer to."""
    names = tuple(SharedRow.__dataclass_fields__)
    conn.execute(
        insert(shared_contents), [{name: getattr(row, name) for name in names} for row in rows]
    )


def read_shared(conn: Connection, ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """Give the contents of rows, by id; one that is gone is missing from the answer."""
    return {row.id: row.content for row in conn.execute(_READ, {"ids": list(ids)})}


def supersede_shared(conn: Connection, row_id: bytes, now: int) -> None:
    """Say that no new message refers to a row."""
    conn.execute(update(shared_contents).where(_columns.id == row_id).values(superseded_at=now))


def delete_superseded(conn: Connection, before: int, limit: int) -> int:
    """Remove up to `limit` rows superseded before a moment that no message refers to any more.

    Gives how many were removed.
    """
    used = exists().where(
        or_(messages.c.template_id == _columns.id, messages.c.shared_id == _columns.id)
    )
    old = select(_columns.id).where(_columns.superseded_at < before, ~used).limit(limit)
    ids = list(conn.execute(old).scalars())
    if ids:
        conn.execute(delete(shared_contents).where(_columns.id.in_(ids)))
    return len(ids)
