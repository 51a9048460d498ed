"""Contact lists of an account."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from pillarbox.model.contacts import Topic
from pillarbox.model.list_order import BY_NAME, ListOrder
from pillarbox.store.keyset import containing, sorted_page
from pillarbox.store.tables import contact_lists, contact_preferences, contacts

#: The account of lists that are deleted, while their contacts are not.
GONE = ""
_columns = contact_lists.c
_topics = msgspec.json.Decoder(tuple[Topic, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactListRow:
    """A contact list; `tags` as `manage/tags.py` writes them."""

    account_id: str
    name: str
    id: bytes
    topics: tuple[Topic, ...]
    description: str | None
    tags: str
    created_at: int
    updated_at: int


def insert_contact_list(conn: Connection, row: ContactListRow) -> None:
    """Add a list whose name is free."""
    values = {name: getattr(row, name) for name in ContactListRow.__dataclass_fields__}
    conn.execute(insert(contact_lists).values(values | {"topics": _written(row.topics)}))


def count_contact_lists(conn: Connection, account_id: str) -> int:
    """Count an account's lists."""
    query = select(func.count()).where(_columns.account_id == account_id)
    return conn.execute(query).scalar_one()


def find_contact_list(conn: Connection, account_id: str, name: str) -> ContactListRow | None:
    """Give a list, None when there is none of that name."""
    return find_contact_lists(conn, {(account_id, name)}).get((account_id, name))


def find_contact_lists(
    conn: Connection, wanted: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], ContactListRow]:
    """Give those of the lists (account, name) that exist."""
    query = select(contact_lists).where(
        _columns.account_id.in_(sorted({account for account, _ in wanted})),
        _columns.name.in_(sorted({name for _, name in wanted})),
    )
    rows = (_row(one._asdict()) for one in conn.execute(query))
    found = {(row.account_id, row.name): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def list_contact_lists(
    conn: Connection,
    account_id: str,
    *,
    after: str,
    limit: int,
    contains: str = "",
    order: ListOrder = BY_NAME,
) -> list[ContactListRow]:
    """Give lists by name, either way round, starting past one; `contains`: part of their names,
    without regard to case.
    """
    query = select(contact_lists).where(_columns.account_id == account_id)
    query = containing(query, contains, _columns.name)
    page = sorted_page(query, name=_columns.name, columns={}, after=after, order=order, limit=limit)
    return [_row(one._asdict()) for one in conn.execute(page)]


def update_contact_list(
    conn: Connection,
    account_id: str,
    name: str,
    *,
    topics: Sequence[Topic],
    description: str | None,
    now: int,
) -> None:
    """Change what a list has."""
    statement = (
        update(contact_lists)
        .where(_columns.account_id == account_id, _columns.name == name)
        .values(topics=_written(topics), description=description, updated_at=now)
    )
    conn.execute(statement)


def drop_contact_list(conn: Connection, row: ContactListRow) -> None:
    """Take a list away at once; its contacts go in `purge_contacts`."""
    statement = (
        update(contact_lists)
        .where(_columns.account_id == row.account_id, _columns.name == row.name)
        .values(account_id=GONE, name=row.id.hex())
    )
    conn.execute(statement)


def purge_contacts(conn: Connection, limit: int) -> int:
    """Remove up to `limit` contacts of deleted lists, and lists that have none left; count them."""
    gone = list(conn.execute(select(_columns.id).where(_columns.account_id == GONE)).scalars())
    removed = 0
    for list_id in gone:
        some = select(contacts.c.folded).where(contacts.c.list_id == list_id)
        left = list(conn.execute(some.limit(limit - removed)).scalars())
        for table in (contact_preferences, contacts):
            conn.execute(delete(table).where(table.c.list_id == list_id, table.c.folded.in_(left)))
        removed += len(left)
        if removed >= limit:
            break
        conn.execute(delete(contact_lists).where(_columns.id == list_id))
    return removed


def _row(values: Mapping[Any, Any]) -> ContactListRow:
    return ContactListRow(**{**values, "topics": _topics.decode(values["topics"])})


def _written(topics: Sequence[Topic]) -> str:
    return msgspec.json.encode(topics).decode()
