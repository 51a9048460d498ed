"""Contact lists of an account: made, read, changed, deleted, listed.

Functions on a connection, to be run in a transaction of the store. They raise an ApiError in the
real service's words. An account has one list at the real service, and as many as the settings say
here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from pillarbox.accept.list_management import missing_list
from pillarbox.base.errors import AlreadyExists, BadRequest
from pillarbox.base.ids import uuid7
from pillarbox.manage.names import check_resource_tags
from pillarbox.manage.paging import Page, Paging, read_page
from pillarbox.manage.tags import Tags, write_tags
from pillarbox.model.contacts import Topic
from pillarbox.store.generations import bump_generation
from pillarbox.store.lists import contact_lists as rows
from pillarbox.store.lists.contact_lists import ContactListRow

MAX_LISTS, MAX_TOPICS = 1, 20
MAX_DESCRIPTION, MAX_DISPLAY_NAME = 500, 128
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContactList:
    """A list to be made, as the call has it."""

    name: str
    topics: Sequence[Topic] = ()
    description: str | None = None
    tags: Tags = ()


def create_contact_list(
    conn: Connection, account_id: str, new: NewContactList, *, now: int, most: int = MAX_LISTS
) -> None:
    """Make a list; `most`: how many the account may have. Raises BadRequest or AlreadyExists."""
    bump_generation(conn, account_id)  # first, so that changes of an account take turns
    check_name("ContactListName", new.name)
    check_topics(new.topics)
    check_description(new.description)
    check_resource_tags(new.tags)
    if rows.count_contact_lists(conn, account_id) >= most:
        raise BadRequest(f"A maximum of {most} Lists allowed per account.")
    if rows.find_contact_list(conn, account_id, new.name) is not None:
        raise AlreadyExists(f"List with name: {new.name} already exists.")
    row = ContactListRow(
        account_id=account_id,
        name=new.name,
        id=uuid7(now),
        topics=tuple(new.topics),
        description=new.description,
        tags=write_tags(new.tags),
        created_at=now,
        updated_at=now,
    )
    rows.insert_contact_list(conn, row)


def get_contact_list(conn: Connection, account_id: str, name: str) -> ContactListRow:
    """Give a list. Raises BadRequest or NotFound."""
    check_name("ContactListName", name)
    row = rows.find_contact_list(conn, account_id, name)
    if row is None:
        raise missing_list(name)
    return row


def update_contact_list(
    conn: Connection,
    account_id: str,
    name: str,
    *,
    topics: Sequence[Topic] | None,
    description: str | None,
    now: int,
) -> None:
    """Change a list; what is None stays as it is. Raises BadRequest or NotFound.

    What contacts said of a topic that goes is kept, should it come back.
    """
    bump_generation(conn, account_id)
    check_name("ContactListName", name)
    check_topics(topics or ())
    check_description(description)
    row = get_contact_list(conn, account_id, name)
    changed = replace(
        row,
        topics=row.topics if topics is None else tuple(topics),
        description=row.description if description is None else description,
    )
    rows.update_contact_list(
        conn,
        account_id,
        name,
        topics=changed.topics,
        description=changed.description,
        now=now,
    )


def delete_contact_list(conn: Connection, account_id: str, name: str) -> None:
    """Delete a list and its contacts. Raises BadRequest or NotFound."""
    bump_generation(conn, account_id)
    rows.drop_contact_list(conn, get_contact_list(conn, account_id, name))


def list_contact_lists(
    conn: Connection, paging: Paging, *, token: str | None, size: int | None, contains: str = ""
) -> Page[ContactListRow]:
    """Give a page of lists by name, either way round; `contains`: part of it. Raises BadRequest."""
    after, limit = read_page(paging, token, size)
    found = rows.list_contact_lists(
        conn,
        paging.account_id,
        after=after,
        limit=limit + 1,
        contains=contains,
        order=paging.order,
    )
    return paging.page(found, limit, lambda row: row.name)


def check_name(what: str, name: str) -> None:
    """Check the name of a list or a topic. Raises BadRequest."""
    if not name.strip():
        raise BadRequest(f"{what} can't be blank.")
    if not _NAME.fullmatch(name):
        raise BadRequest(
            f"{what} can contain up to 64 characters. Only alphanumeric characters, "
            "underscores(_) and hyphens(-) are allowed."
        )


def check_topics(topics: Sequence[Topic]) -> None:
    """Check the topics of a list. Raises BadRequest."""
    if len(topics) > MAX_TOPICS:
        raise BadRequest(f"Maximum of <{MAX_TOPICS}> topics allowed per ContactList")
    seen: set[str] = set()
    for topic in topics:
        check_name("TopicName", topic.name)
        if len(topic.display_name) > MAX_DISPLAY_NAME:
            raise BadRequest(
                f"Topic DisplayName can contain up to <{MAX_DISPLAY_NAME}> characters."
            )
        if len(topic.description or "") > MAX_DESCRIPTION:
            raise BadRequest(f"Topic description can contain up to {MAX_DESCRIPTION} characters.")
        if topic.name in seen:
            raise BadRequest("Duplicate topic names are not allowed within a List.")
        seen.add(topic.name)


def check_description(description: str | None) -> None:
    """Check the description of a list. Raises BadRequest."""
    if len(description or "") > MAX_DESCRIPTION:
        raise BadRequest(f"List description can contain up to {MAX_DESCRIPTION} characters.")
