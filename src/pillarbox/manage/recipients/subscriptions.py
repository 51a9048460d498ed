"""What a recipient wants of a contact list, as its unsubscribe link lets it say.

Functions on a connection, to be run in a transaction of the store. A link was written by us for
this recipient, so it may change what that one wants and nothing else. A change and its Subscription
event are one transaction; asking twice changes, and tells, once. The event belongs to the message
of the link: without that (it is no longer kept) the change counts all the same.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection

from pillarbox.base.clock import iso8601
from pillarbox.base.ids import uuid7_after
from pillarbox.model.contacts import OPT_IN, OPT_OUT, Preferences, Status
from pillarbox.model.event import SUBSCRIPTION, Event
from pillarbox.proto.links.unsubscribe_token import UnsubscribeLink
from pillarbox.store.lists.contact_lists import ContactListRow, find_contact_list
from pillarbox.store.lists.contacts import ContactRow, add_contacts, hold_contact, write_contact
from pillarbox.store.lists.contacts import find_contact as find_row
from pillarbox.store.mail.messages import read_messages
from pillarbox.store.publishing.events import insert_events

#: How an event calls what a change came by: the mail program's button, or our page.
Source = Literal["UnsubscribeHeader", "UnsubscribePage"]
_EVENT_WORDS: Mapping[Status, str] = {OPT_IN: "OptIn", OPT_OUT: "OptOut"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a page shows. `wants`: with the defaults of topics nothing was said about."""

    found: ContactListRow
    wants: Preferences


def read_subscription(conn: Connection, link: UnsubscribeLink) -> Subscription | None:
    """Give what a link is about; None when its list is no more."""
    found = find_contact_list(conn, link.account_id, link.list_name)
    if found is None:
        return None
    row = find_row(conn, found.id, link.address)
    said = row.preferences if row else Preferences()
    return Subscription(found=found, wants=replace(said, topics=_effective(found, said.topics)))


def unsubscribe(conn: Connection, link: UnsubscribeLink, *, now: int) -> bool:
    """Unsubscribe from the link's topic, or from the whole list where it names none.

    Gives False when the list is no more: then nothing of it comes any more.
    """

    def wanted(said: Preferences) -> Preferences:
        if link.topic is None:
            return replace(said, unsubscribe_all=True)
        return replace(said, topics={**said.topics, link.topic: OPT_OUT})

    return _change(conn, link, wanted, source="UnsubscribeHeader", now=now)


def unsubscribe_from_all(conn: Connection, link: UnsubscribeLink, *, now: int) -> bool:
    """Unsubscribe from everything of the list; False when the list is no more."""

    def wanted(said: Preferences) -> Preferences:
        return replace(said, unsubscribe_all=True)

    return _change(conn, link, wanted, source="UnsubscribePage", now=now)


def choose_topics(
    conn: Connection, link: UnsubscribeLink, chosen: Collection[str], *, now: int
) -> bool:
    """Subscribe to the chosen topics and to no other; False when the list is no more."""
    found = find_contact_list(conn, link.account_id, link.list_name)
    names = [topic.name for topic in found.topics] if found else []

    def wanted(said: Preferences) -> Preferences:
        said_now = {name: OPT_IN if name in chosen else OPT_OUT for name in names}
        return Preferences(unsubscribe_all=False, topics={**said.topics, **said_now})

    return _change(conn, link, wanted, source="UnsubscribePage", now=now)


def _change(
    conn: Connection,
    link: UnsubscribeLink,
    wanted: Callable[[Preferences], Preferences],
    *,
    source: Source,
    now: int,
) -> bool:
    found = find_contact_list(conn, link.account_id, link.list_name)
    if found is None:
        return False
    row = _held(conn, found, link.address, now)
    new = wanted(row.preferences)
    if new == row.preferences:
        return True
    write_contact(
        conn,
        replace(row, unsubscribe_all=new.unsubscribe_all, topics=new.topics, updated_at=now),
    )
    event = _event(conn, link, found, row.preferences, new, source, now)
    insert_events(conn, [event] if event else [])
    return True


def _held(conn: Connection, found: ContactListRow, address: str, now: int) -> ContactRow:
    """Hold the contact; one that was removed is there again, since it has said something."""
    row = hold_contact(conn, found.id, address)
    if row is not None:
        return row
    fresh = ContactRow(
        list_id=found.id,
        address=address,
        unsubscribe_all=False,
        attributes=None,
        created_at=now,
        updated_at=now,
    )
    add_contacts(conn, [fresh])
    return hold_contact(conn, found.id, address) or fresh


def _event(
    conn: Connection,
    link: UnsubscribeLink,
    found: ContactListRow,
    old: Preferences,
    new: Preferences,
    source: Source,
    now: int,
) -> Event | None:
    message = read_messages(conn, [link.message_id]).get(link.message_id)
    if message is None or message.account_id != link.account_id:
        return None
    detail = {
        "contactList": found.name,
        "timestamp": iso8601(now),
        "source": source,
        "newTopicPreferences": _told(found, new),
        "oldTopicPreferences": _told(found, old),
    }
    return Event(
        id=uuid7_after(message.id, now),
        account_id=link.account_id,
        message_id=link.message_id,
        position=link.position,
        type=SUBSCRIPTION,
        created_at=now,
        detail=detail,
        configuration_set=message.configuration_set,
    )


def _told(found: ContactListRow, wants: Preferences) -> dict[str, Any]:
    """Write preferences as an event has them (facts §5.2): of every topic, what holds."""
    effective = _effective(found, wants.topics)
    return {
        "unsubscribeAll": wants.unsubscribe_all,
        "topicSubscriptionStatus": [
            {"topicName": name, "subscriptionStatus": _EVENT_WORDS[status]}
            for name, status in effective.items()
        ],
    }


def _effective(found: ContactListRow, said: Mapping[str, Status]) -> dict[str, Status]:
    return {topic.name: said.get(topic.name, topic.default) for topic in found.topics}
