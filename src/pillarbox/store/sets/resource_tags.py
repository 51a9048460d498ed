"""Queries on the tags of whatever has tags: they are a column of its row."""

from typing import Literal

from sqlalchemy import Connection, Table, select, update

from pillarbox.store.tables import (
    configuration_sets,
    contact_lists,
    dedicated_ip_pools,
    email_templates,
    identities,
    verification_templates,
)

Kind = Literal[
    "configuration-set",
    "contact-list",
    "custom-verification-email-template",
    "dedicated-ip-pool",
    "identity",
    "template",
]

_TABLES: dict[Kind, Table] = {
    "configuration-set": configuration_sets,
    "contact-list": contact_lists,
    "custom-verification-email-template": verification_templates,
    "dedicated-ip-pool": dedicated_ip_pools,
    "identity": identities,
    "template": email_templates,
}


def read_tags_of(conn: Connection, account_id: str, kind: Kind, name: str) -> str | None:
    """Give a resource's tags (JSON), None when there is no such resource."""
    columns = _TABLES[kind].c
    query = select(columns.tags).where(columns.account_id == account_id, columns.name == name)
    return conn.execute(query).scalar_one_or_none()


def hold_tags_of(conn: Connection, account_id: str, kind: Kind, name: str) -> str | None:
    """Give a resource's tags and keep others from changing them in this transaction."""
    columns = _TABLES[kind].c
    query = select(columns.tags).where(columns.account_id == account_id, columns.name == name)
    return conn.execute(query.with_for_update()).scalar_one_or_none()


def write_tags_of(conn: Connection, account_id: str, kind: Kind, name: str, tags: str) -> None:
    """Write the tags of a resource that is held."""
    table = _TABLES[kind]
    statement = update(table).where(table.c.account_id == account_id, table.c.name == name)
    conn.execute(statement.values(tags=tags))
