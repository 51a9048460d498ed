"""Event destinations of configuration sets: stored, changed, listed, read."""

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from pillarbox.model.event_destination import KINDS, EventDestination, Target
from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.tables import event_destinations

_columns = event_destinations.c


def insert_event_destination(
    conn: Connection,
    account_id: str,
    configuration_set: str,
    new: EventDestination,
    *,
    row_id: bytes,
    now: int,
) -> bool:
    """Store a new destination; tell whether it was stored, or its name was taken."""
    statement = insert_or_ignore(conn.dialect.name, event_destinations).values(
        id=row_id,
        account_id=account_id,
        configuration_set=configuration_set,
        name=new.name,
        created_at=now,
        **_values(new),
    )
    return conn.execute(statement.returning(_columns.id)).first() is not None


def update_event_destination(
    conn: Connection, account_id: str, configuration_set: str, changed: EventDestination
) -> bool:
    """Replace all of a destination but its name and its row; tell whether there is one."""
    statement = (
        update(event_destinations)
        .where(*_of(account_id, configuration_set), _columns.name == changed.name)
        .values(**_values(changed))
    )
    return conn.execute(statement).rowcount > 0


def delete_event_destination(
    conn: Connection, account_id: str, configuration_set: str, name: str
) -> bool:
    """Delete a destination; tell whether there was one."""
    statement = delete(event_destinations).where(
        *_of(account_id, configuration_set), _columns.name == name
    )
    return conn.execute(statement).rowcount > 0


def list_event_destinations(
    conn: Connection, account_id: str, configuration_set: str
) -> list[EventDestination]:
    """Give the destinations of a set by name."""
    query = select(event_destinations).where(*_of(account_id, configuration_set))
    return [_read(row) for row in conn.execute(query.order_by(_columns.name))]


def find_event_destination(conn: Connection, destination_id: bytes) -> EventDestination | None:
    """Give the destination of a row, None when it has been deleted."""
    row = conn.execute(
        select(event_destinations).where(_columns.id == destination_id)
    ).one_or_none()
    return _read(row) if row else None


def find_destination_row(
    conn: Connection, account_id: str, configuration_set: str, name: str
) -> tuple[bytes, EventDestination] | None:
    """Give the destination of a name with its row's id, None when there is none such."""
    row = conn.execute(
        select(event_destinations).where(*_of(account_id, configuration_set), _columns.name == name)
    ).one_or_none()
    return (bytes(row.id), _read(row)) if row else None


def count_event_destinations(conn: Connection, account_id: str, configuration_set: str) -> int:
    """Count the destinations of a set."""
    query = select(func.count()).where(*_of(account_id, configuration_set))
    return int(conn.execute(query).scalar_one())


def _of(account_id: str, configuration_set: str) -> tuple[Any, Any]:
    return _columns.account_id == account_id, _columns.configuration_set == configuration_set


def _values(destination: EventDestination) -> dict[str, Any]:
    return {
        "enabled": destination.enabled,
        "event_types": msgspec.json.encode(destination.event_types).decode(),
        "kind": destination.kind,
        "settings": write_target(destination.target),
    }


def write_target(target: Target) -> str:
    """Write the settings of a target as the rows have them; the same target, the same text."""
    return msgspec.json.encode(target).decode()


def _read(row: Any) -> EventDestination:
    return EventDestination(
        name=row.name,
        enabled=row.enabled,
        event_types=msgspec.json.decode(row.event_types, type=tuple[str, ...]),
        target=msgspec.json.decode(row.settings, type=KINDS[row.kind]),
    )
