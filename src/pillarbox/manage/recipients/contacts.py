"""Contacts of a list: added, read, changed, removed, listed.

Functions on a connection, to be run in a transaction of the store. They raise an ApiError in the
real service's words. What a contact wants is no configuration: nothing of it is cached, and a
change makes nobody look again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from pillarbox.accept.list_management import missing_topic
from pillarbox.base.errors import AlreadyExists, BadRequest, NotFound
from pillarbox.manage.names import shortened
from pillarbox.manage.paging import Page, Paging, read_page
from pillarbox.manage.recipients.contact_lists import get_contact_list
from pillarbox.model.contacts import Status
from pillarbox.proto.mime.addresses import AddressError, parse_address
from pillarbox.store.lists import contacts as rows
from pillarbox.store.lists.contact_lists import ContactListRow
from pillarbox.store.lists.contacts import ContactFilter, ContactRow
from pillarbox.store.lists.suppression import folded

MAX_ATTRIBUTES = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a call says of a contact. `topics`: those that it names."""

    address: str
    topics: Mapping[str, Status] = field(default_factory=dict)
    unsubscribe_all: bool = False
    attributes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChoice:
    """A filter by a topic. `or_default`: its default counts where a contact has said nothing."""

    name: str
    or_default: bool = False


def create_contact(
    conn: Connection, account_id: str, list_name: str, new: Wanted, *, now: int
) -> None:
    """Add a contact. Raises BadRequest, NotFound or AlreadyExists."""
    found = _checked(conn, account_id, list_name, new)
    row = ContactRow(
        list_id=found.id,
        address=new.address,
        unsubscribe_all=new.unsubscribe_all,
        attributes=new.attributes,
        created_at=now,
        updated_at=now,
        topics=new.topics,
    )
    if not rows.insert_contact(conn, row):
        raise AlreadyExists(f"{new.address} already exists in List.")


def update_contact(
    conn: Connection, account_id: str, list_name: str, new: Wanted, *, now: int
) -> None:
    """Change a contact: topics that are not named stay, the rest is as the call has it.

    Raises BadRequest or NotFound.
    """
    found = _checked(conn, account_id, list_name, new)
    row = rows.hold_contact(conn, found.id, new.address)
    if row is None:
        raise _missing(new.address)
    changed = replace(
        row,
        unsubscribe_all=new.unsubscribe_all,
        attributes=new.attributes,
        updated_at=now,
        topics=new.topics,
    )
    rows.write_contact(conn, changed)


def get_contact(
    conn: Connection, account_id: str, list_name: str, address: str
) -> tuple[ContactRow, ContactListRow]:
    """Give a contact and its list. Raises BadRequest or NotFound."""
    check_address(address)
    found = get_contact_list(conn, account_id, list_name)
    row = rows.find_contact(conn, found.id, address)
    if row is None:
        raise _missing(address)
    return row, found


def delete_contact(conn: Connection, account_id: str, list_name: str, address: str) -> None:
    """Remove a contact. Raises BadRequest or NotFound."""
    check_address(address)
    found = get_contact_list(conn, account_id, list_name)
    if not rows.delete_contact(conn, found.id, address):
        raise _missing(address)


def list_contacts(
    conn: Connection,
    paging: Paging,
    list_name: str,
    *,
    token: str | None,
    size: int | None,
    status: Status | None = None,
    topic: TopicChoice | None = None,
    portion: int | None = None,
) -> tuple[Page[ContactRow], ContactListRow]:
    """Give a page of contacts by address, either way round, and their list.

    `status` None: whatever they want. `portion`: of how many contacts to look for those that match
    before the page ends, so that it may have fewer than `size` and yet a next one; None: of all.
    Raises BadRequest or NotFound.
    """
    found = get_contact_list(conn, paging.account_id, list_name)
    after, limit = read_page(paging, token, size)
    wanted = _filter(found, status, topic)
    end = None
    if portion is not None and wanted is not None:
        end = rows.end_of_portion(conn, found.id, after=after, portion=portion, order=paging.order)
    matching = rows.list_contacts(
        conn,
        found.id,
        after=after,
        limit=limit + 1,
        wanted=wanted,
        until=end,
        order=paging.order,
    )
    page = paging.page(matching, limit, lambda row: folded(row.address))
    if page.next_token is None and end is not None:
        page = Page(page.items, paging.token(end))
    return page, found


def check_address(address: str) -> None:
    """Check the address of a contact. Raises BadRequest."""
    if not address.strip():
        raise BadRequest("EmailAddress can't be blank.")
    try:
        mailbox = parse_address(address)
    except AddressError:
        raise _no_address(address) from None
    if mailbox.display or "<" in address or address != address.strip():
        raise _no_address(address)


def check_attributes(attributes: str | None) -> None:
    """Check what is kept with a contact. Raises BadRequest."""
    if len(attributes or "") > MAX_ATTRIBUTES:
        raise BadRequest(f"AttributesData can contain up to {MAX_ATTRIBUTES} characters.")


def defaults_of(contact: ContactRow, found: ContactListRow) -> dict[str, Status]:
    """Give what holds for the topics that a contact has said nothing about."""
    return {topic.name: topic.default for topic in found.topics if topic.name not in contact.topics}


def choices_of(contact: ContactRow, found: ContactListRow) -> dict[str, Status]:
    """Give what a contact has said about the topics that the list has."""
    names = [topic.name for topic in found.topics]
    return {name: contact.topics[name] for name in names if name in contact.topics}


def _checked(conn: Connection, account_id: str, list_name: str, new: Wanted) -> ContactListRow:
    """Check what a call says, in the real service's order: the address, the list, the topics."""
    check_address(new.address)
    check_attributes(new.attributes)
    found = get_contact_list(conn, account_id, list_name)
    for name in new.topics:
        _topic(found, name)
    return found


def _filter(
    found: ContactListRow, status: Status | None, topic: TopicChoice | None
) -> ContactFilter | None:
    if status is None:
        if topic is not None:
            raise BadRequest("FilteredStatus must be specified with a TopicFilter.")
        return None
    if topic is None:
        return ContactFilter(status=status)
    default = _topic(found, topic.name)
    return ContactFilter(
        status=status, topic=topic.name, default=default if topic.or_default else None
    )


def _topic(found: ContactListRow, name: str) -> Status:
    """Give a topic's default. Raises BadRequest for a topic that the list has not."""
    for topic in found.topics:
        if topic.name == name:
            return topic.default
    raise missing_topic(found.name, name)


def _no_address(address: str) -> BadRequest:
    return BadRequest(f"EmailAddress <{shortened(address)}> is invalid")


def _missing(address: str) -> NotFound:
    return NotFound(f"{shortened(address)} doesn't exist in List.")
