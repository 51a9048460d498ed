"""The keys that tracking URLs are signed with, sealed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.tables import tracking_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingKeyRow:
    """A row of `tracking_keys`."""

    id: int
    secret_sealed: bytes
    created_at: int
    retired_at: int | None = None


def list_tracking_keys(conn: Connection) -> Sequence[TrackingKeyRow]:
    """Give every key, retired or not, the oldest first."""
    query = select(tracking_keys).order_by(tracking_keys.c.created_at, tracking_keys.c.id)
    return [TrackingKeyRow(**row._asdict()) for row in conn.execute(query)]


def add_tracking_key(conn: Connection, row: TrackingKeyRow) -> None:
    """Store a key unless there is one of that id: of two nodes that make it, one does."""
    values = {name: getattr(row, name) for name in TrackingKeyRow.__dataclass_fields__}
    conn.execute(insert_or_ignore(conn.dialect.name, tracking_keys).values(values))


def retire_tracking_keys(conn: Connection, now: int) -> None:
    """Mark every key that is not retired yet."""
    conn.execute(
        update(tracking_keys).where(tracking_keys.c.retired_at.is_(None)).values(retired_at=now)
    )
