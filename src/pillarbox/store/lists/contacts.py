"""Contacts of a list and what they want. Addresses compare without regard to case."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    or_,
    select,
    true,
    update,
)

from pillarbox.model.contacts import OPT_OUT, Preferences, Status
from pillarbox.model.list_order import BY_NAME, ListOrder
from pillarbox.store.dialect import insert_or_ignore, upsert
from pillarbox.store.keyset import sorted_page
from pillarbox.store.lists.suppression import folded
from pillarbox.store.tables import contact_preferences, contacts

_columns = contacts.c
_said = contact_preferences.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """A contact; `topics`: what it has said, by topic."""

    list_id: bytes
    address: str
    unsubscribe_all: bool
    attributes: str | None
    created_at: int
    updated_at: int
    topics: Mapping[str, Status] = field(default_factory=dict)

    @property
    def preferences(self) -> Preferences:
        """What it wants."""
        return Preferences(unsubscribe_all=self.unsubscribe_all, topics=self.topics)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFilter:
    """Which contacts a list has. `topic` None: of all. `default`: what counts where a contact has
    said nothing of the topic, None: nothing does.
    """

    status: Status
    topic: str | None = None
    default: Status | None = None


def insert_contact(conn: Connection, row: ContactRow) -> bool:
    """Add a contact with what it wants; tell whether it was not there yet."""
    statement = _insert_new(conn).values(_values(row)).returning(_columns.folded)
    added = conn.execute(statement).one_or_none() is not None
    if added:
        _insert_topics(conn, row)
    return added


def add_contacts(conn: Connection, rows: Iterable[ContactRow]) -> None:
    """Add those contacts that are not there yet, in an order that no two adders cross."""
    values = sorted(map(_values, rows), key=lambda one: (one["list_id"], one["folded"]))
    if values:
        conn.execute(_insert_new(conn), values)


def find_contact(conn: Connection, list_id: bytes, address: str) -> ContactRow | None:
    """Give a contact, None when the list has none of that address."""
    return find_contacts(conn, {(list_id, folded(address))}).get((list_id, folded(address)))


def hold_contact(conn: Connection, list_id: bytes, address: str) -> ContactRow | None:
    """Give a contact and keep others from changing it in this transaction."""
    query = select(_columns.folded).where(
        _columns.list_id == list_id, _columns.folded == folded(address)
    )
    conn.execute(query.with_for_update()).all()
    return find_contact(conn, list_id, address)


def find_contacts(
    conn: Connection, wanted: Collection[tuple[bytes, str]]
) -> Mapping[tuple[bytes, str], ContactRow]:
    """Give those contacts (list, folded address) that exist."""
    if not wanted:
        return {}
    lists, addresses = sorted({key[0] for key in wanted}), sorted({key[1] for key in wanted})
    query = select(contacts).where(_columns.list_id.in_(lists), _columns.folded.in_(addresses))
    rows = [one for one in conn.execute(query) if (one.list_id, one.folded) in wanted]
    return {(row.list_id, folded(row.address)): row for row in _with_topics(conn, rows)}


def list_contacts(
    conn: Connection,
    list_id: bytes,
    *,
    after: str,
    limit: int,
    wanted: ContactFilter | None = None,
    until: str | None = None,
    order: ListOrder = BY_NAME,
) -> list[ContactRow]:
    """Give contacts by address in lower case, either way round, starting past one; `until`: the
    last to look at.
    """
    query = select(contacts).where(_columns.list_id == list_id, _matches(wanted))
    if until is not None:
        last = _columns.folded >= until if order.falling else _columns.folded <= until
        query = query.where(last)
    query = sorted_page(
        query, name=_columns.folded, columns={}, after=after, order=order, limit=limit
    )
    return _with_topics(conn, conn.execute(query).all())


def end_of_portion(
    conn: Connection, list_id: bytes, *, after: str, portion: int, order: ListOrder = BY_NAME
) -> str | None:
    """Give the last address in lower case of so many contacts past one, None when the list ends
    before.
    """
    query = sorted_page(
        select(_columns.folded).where(_columns.list_id == list_id),
        name=_columns.folded,
        columns={},
        after=after,
        order=order,
        limit=1,
    )
    return conn.execute(query.offset(portion - 1)).scalar_one_or_none()


def write_contact(conn: Connection, row: ContactRow) -> None:
    """Write a contact that is held; topics it has not said anything about stay as they are."""
    statement = update(contacts).where(
        _columns.list_id == row.list_id, _columns.folded == folded(row.address)
    )
    changed = ("unsubscribe_all", "attributes", "updated_at")
    conn.execute(statement.values({name: getattr(row, name) for name in changed}))
    _insert_topics(conn, row)


def delete_contact(conn: Connection, list_id: bytes, address: str) -> bool:
    """Remove a contact; tell whether it was there."""
    gone = False
    for table in (contact_preferences, contacts):
        statement = delete(table).where(
            table.c.list_id == list_id, table.c.folded == folded(address)
        )
        gone = conn.execute(statement).rowcount > 0
    return gone


def _insert_new(conn: Connection) -> Any:
    return insert_or_ignore(conn.dialect.name, contacts)


def _insert_topics(conn: Connection, row: ContactRow) -> None:
    rows = [
        {"list_id": row.list_id, "folded": folded(row.address), "topic": topic, "status": status}
        for topic, status in sorted(row.topics.items())
    ]
    if rows:
        statement = upsert(conn.dialect.name, contact_preferences)
        changed = {"status": statement.excluded.status}
        keys = ["list_id", "folded", "topic"]
        conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def _values(row: ContactRow) -> dict[str, Any]:
    names = ("list_id", "address", "unsubscribe_all", "attributes", "created_at", "updated_at")
    return {name: getattr(row, name) for name in names} | {"folded": folded(row.address)}


def _with_topics(conn: Connection, rows: Sequence[Any]) -> list[ContactRow]:
    topics: dict[tuple[bytes, str], dict[str, Status]] = {}
    if rows:
        query = select(contact_preferences).where(
            _said.list_id.in_(sorted({one.list_id for one in rows})),
            _said.folded.in_([one.folded for one in rows]),
        )
        for said in conn.execute(query):
            topics.setdefault((said.list_id, said.folded), {})[said.topic] = said.status
    return [
        ContactRow(
            list_id=one.list_id,
            address=one.address,
            unsubscribe_all=one.unsubscribe_all,
            attributes=one.attributes,
            created_at=one.created_at,
            updated_at=one.updated_at,
            topics=topics.get((one.list_id, one.folded), {}),
        )
        for one in rows
    ]


def _matches(wanted: ContactFilter | None) -> ColumnElement[bool]:
    """Who has unsubscribed from everything is out of every topic."""
    if wanted is None:
        return true()
    out = wanted.status == OPT_OUT
    if wanted.topic is None:
        return _columns.unsubscribe_all.is_(out)
    about = and_(
        _said.list_id == _columns.list_id,
        _said.folded == _columns.folded,
        _said.topic == wanted.topic,
    )
    says: ColumnElement[bool] = exists().where(about, _said.status == wanted.status)
    if wanted.default == wanted.status:
        says = or_(says, ~exists().where(about))
    if out:
        return or_(_columns.unsubscribe_all.is_(True), says)
    return and_(_columns.unsubscribe_all.is_(False), says)
