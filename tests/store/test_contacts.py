"""Contact lists and contacts on both engines."""

import pytest

from pillarbox.base.errors import AlreadyExists
from pillarbox.manage.paging import Paging
from pillarbox.manage.recipients.contact_lists import (
    NewContactList,
    create_contact_list,
    delete_contact_list,
    get_contact_list,
)
from pillarbox.manage.recipients.contacts import (
    TopicChoice,
    Wanted,
    create_contact,
    get_contact,
    list_contacts,
    update_contact,
)
from pillarbox.model.contacts import Topic
from pillarbox.store.lists.contact_lists import purge_contacts
from pillarbox.store.lists.contacts import ContactRow, add_contacts, find_contact
from tests.store.rows import ACCOUNT, NOW, add_account

NEWS = Topic(name="news", display_name="News", default="OPT_IN")


@pytest.fixture
def conn(store):
    """A transaction in which the account has the list `shop` with one topic."""
    with store.transaction() as opened:
        add_account(opened)
        create_contact_list(opened, ACCOUNT, NewContactList(name="shop", topics=[NEWS]), now=NOW)
        yield opened


def add(conn, address, **more):
    create_contact(conn, ACCOUNT, "shop", Wanted(address=address, **more), now=NOW)


def listed(conn, **wanted):
    paging = Paging(b"k", ACCOUNT, "contacts")
    page, _ = list_contacts(conn, paging, "shop", token=None, size=None, **wanted)
    return [row.address for row in page.items]


def test_an_address_is_one_contact_however_it_is_written(conn):
    add(conn, "Ann@Example.org")
    with pytest.raises(AlreadyExists):
        add(conn, "ann@example.ORG")
    wanted = Wanted(address="ANN@example.org", unsubscribe_all=True, topics={"news": "OPT_OUT"})
    update_contact(conn, ACCOUNT, "shop", wanted, now=NOW + 1)
    row, _ = get_contact(conn, ACCOUNT, "shop", "ann@example.org")
    assert (row.address, row.unsubscribe_all, row.topics) == (
        "Ann@Example.org",
        True,
        {"news": "OPT_OUT"},
    )
    assert (row.created_at, row.updated_at) == (NOW, NOW + 1)


def test_contacts_are_filtered_on_both_engines(conn):
    add(conn, "in@x.org", topics={"news": "OPT_IN"})
    add(conn, "out@x.org", topics={"news": "OPT_OUT"})
    add(conn, "silent@x.org")
    add(conn, "gone@x.org", unsubscribe_all=True)
    topic = TopicChoice(name="news", or_default=True)
    assert listed(conn) == ["gone@x.org", "in@x.org", "out@x.org", "silent@x.org"]
    assert listed(conn, status="OPT_IN", topic=topic) == ["in@x.org", "silent@x.org"]
    assert listed(conn, status="OPT_OUT", topic=topic) == ["gone@x.org", "out@x.org"]


def test_contacts_of_a_deleted_list_do_not_come_back_and_are_purged(conn):
    for number in range(5):
        add(conn, f"{number}@x.org", topics={"news": "OPT_OUT"})
    old = get_contact_list(conn, ACCOUNT, "shop")
    delete_contact_list(conn, ACCOUNT, "shop")
    create_contact_list(conn, ACCOUNT, NewContactList(name="shop"), now=NOW)
    assert listed(conn) == []
    assert [purge_contacts(conn, 3) for _ in range(3)] == [3, 2, 0]
    assert find_contact(conn, old.id, "1@x.org") is None
    assert get_contact_list(conn, ACCOUNT, "shop").id != old.id


def test_adding_who_is_there_changes_nothing(conn):
    add(conn, "a@x.org", unsubscribe_all=True)
    found = get_contact_list(conn, ACCOUNT, "shop")
    fresh = [
        ContactRow(
            list_id=found.id,
            address=address,
            unsubscribe_all=False,
            attributes=None,
            created_at=NOW + 1,
            updated_at=NOW + 1,
        )
        for address in ("b@x.org", "A@x.org", "B@x.org")
    ]
    add_contacts(conn, fresh)
    assert listed(conn) == ["a@x.org", "b@x.org"]
    assert find_contact(conn, found.id, "a@x.org").unsubscribe_all
