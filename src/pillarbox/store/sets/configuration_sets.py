"""Queries on configuration sets, for managing them; `store/sets/sender.py` is for sending."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update

from pillarbox.model.list_order import BY_NAME, ListOrder
from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.keyset import containing, sorted_page
from pillarbox.store.tables import configuration_sets, dedicated_ip_pools, event_destinations


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationSetRow:
    """A row of `configuration_sets`. `suppressed_reasons`, `tags`: JSON."""

    account_id: str
    name: str
    created_at: int
    sending_enabled: bool
    reputation_metrics: bool
    last_fresh_start: int | None = None
    tls_policy: str | None = None
    sending_pool: str | None = None
    max_delivery_seconds: int | None = None
    custom_redirect_domain: str | None = None
    https_policy: str | None = None
    suppressed_reasons: str | None = None
    tags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetName:
    """A set in a list."""

    name: str
    created_at: int


def insert_configuration_set(conn: Connection, row: ConfigurationSetRow) -> bool:
    """Store a new set; tell whether it was stored, or another transaction was first."""
    values = {name: getattr(row, name) for name in ConfigurationSetRow.__dataclass_fields__}
    statement = insert_or_ignore(conn.dialect.name, configuration_sets).values(values)
    stored = conn.execute(statement.returning(configuration_sets.c.name)).first()
    return stored is not None


def find_configuration_set(
    conn: Connection, account_id: str, name: str
) -> ConfigurationSetRow | None:
    """Give one set of the account, None when there is none of this name."""
    query = select(configuration_sets).where(
        configuration_sets.c.account_id == account_id, configuration_sets.c.name == name
    )
    row = conn.execute(query).one_or_none()
    return ConfigurationSetRow(**row._asdict()) if row else None


def count_configuration_sets(conn: Connection, account_id: str) -> int:
    """Count the account's sets."""
    query = select(func.count()).where(configuration_sets.c.account_id == account_id)
    return int(conn.execute(query).scalar_one())


def list_configuration_sets(
    conn: Connection,
    account_id: str,
    *,
    after: str,
    limit: int,
    contains: str | None = None,
    order: ListOrder = BY_NAME,
) -> list[SetName]:
    """Give sets in the order of their names, starting after a name.

    `contains` is looked for without regard to case. `order`: by "created_at" as well, which sorts
    all of the account's.
    """
    name, created_at = configuration_sets.c.name, configuration_sets.c.created_at
    query = select(name, created_at).where(configuration_sets.c.account_id == account_id)
    query = containing(query, contains, name)
    page = sorted_page(
        query,
        name=name,
        columns={"created_at": created_at},
        after=after,
        order=order,
        limit=limit,
    )
    return [SetName(**row._asdict()) for row in conn.execute(page)]


def update_configuration_set(
    conn: Connection, account_id: str, name: str, changes: dict[str, Any]
) -> None:
    """Change columns of a set; the others stay as they are."""
    conn.execute(
        update(configuration_sets)
        .where(configuration_sets.c.account_id == account_id, configuration_sets.c.name == name)
        .values(changes)
    )


def delete_configuration_set(conn: Connection, account_id: str, name: str) -> bool:
    """Delete a set; tell whether there was one."""
    statement = delete(configuration_sets).where(
        configuration_sets.c.account_id == account_id, configuration_sets.c.name == name
    )
    return conn.execute(statement).rowcount > 0


def delete_set_destinations(conn: Connection, account_id: str, name: str) -> None:
    """Delete the event destinations of a set."""
    conn.execute(
        delete(event_destinations).where(
            event_destinations.c.account_id == account_id,
            event_destinations.c.configuration_set == name,
        )
    )


def pool_exists(conn: Connection, account_id: str, name: str) -> bool:
    """Tell whether the account has a dedicated IP pool of this name."""
    query = select(dedicated_ip_pools.c.name).where(
        dedicated_ip_pools.c.account_id == account_id, dedicated_ip_pools.c.name == name
    )
    return bool(conn.execute(select(exists(query))).scalar_one())
