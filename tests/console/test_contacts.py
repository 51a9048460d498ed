"""Contact lists in the console: lists with their topics, contacts with what they want."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from pillarbox.console.console import open_console
from pillarbox.manage.quotas import Quotas
from pillarbox.manage.recipients import contact_lists, contacts
from pillarbox.manage.recipients.contact_lists import NewContactList
from pillarbox.manage.recipients.contacts import Wanted
from pillarbox.model.contacts import OPT_IN, OPT_OUT, Topic
from pillarbox.model.user import Role
from pillarbox.store.lists.contact_lists import find_contact_list
from pillarbox.store.lists.contacts import find_contact
from tests.console.conftest import ACCOUNT, NOW, OTHER

LISTS = f"/console/{ACCOUNT}/contacts"
ONE = f"{LISTS}/lists/letters"
TOPICS = (
    Topic(name="news", display_name="Our news", default=OPT_IN),
    Topic(name="offers", display_name="Offers", description="Weekly", default=OPT_OUT),
)


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


def add_list(console, name="letters", account_id=ACCOUNT, topics=TOPICS):
    with console.store.transaction() as conn:
        new = NewContactList(name=name, topics=topics)
        contact_lists.create_contact_list(conn, account_id, new, now=NOW, most=100)


def add(console, address, account_id=ACCOUNT, **wanted):
    with console.store.transaction() as conn:
        new = Wanted(address=address, **wanted)
        contacts.create_contact(conn, account_id, "letters", new, now=NOW)


def found_list(console, name="letters", account_id=ACCOUNT):
    with console.store.engine.begin() as conn:
        return find_contact_list(conn, account_id, name)


def found(console, address):
    with console.store.engine.begin() as conn:
        return find_contact(conn, find_contact_list(conn, ACCOUNT, "letters").id, address)


def page_of(address, below=""):
    return f"{ONE}/contact{below}?{urlencode({'address': address})}"


def line(number, name, display, default=OPT_IN):
    prefix = f"topic-{number}-"
    return {f"{prefix}name": name, f"{prefix}display": display, f"{prefix}default": default}


async def test_a_list_is_created_with_its_topics(console, browser):
    assert "No contact lists yet" in (await browser.open(LISTS)).text
    await browser.open(f"{LISTS}/new")
    fields = {"name": "letters", "description": "All letters"}
    answer = await browser.post(
        LISTS, fields | line(0, "news", "Our news") | line(2, "offers", "Offers", OPT_OUT)
    )
    assert browser.path == ONE
    assert "No contacts yet" in answer.text
    row = found_list(console)
    assert row.description == "All letters"
    assert [(one.name, one.display_name, one.default) for one in row.topics] == [
        ("news", "Our news", OPT_IN),
        ("offers", "Offers", OPT_OUT),
    ]
    assert "Our news, Offers" in (await browser.open(LISTS)).text


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"name": ""}, "name"),
        ({"name": "no list"}, "name"),
        ({"description": "x" * 501}, "description"),
        (line(0, "no topic", "x"), "topic-0-name"),
        (line(1, "news", ""), "topic-1-display"),
        (line(1, "news", "x" * 129), "topic-1-display"),
        (line(0, "news", "News") | line(1, "news", "News"), "topic-1-name"),
        (line(0, "news", "News", "MAYBE"), "topic-0-default"),
    ],
)
async def test_what_is_no_list_is_told_beside_its_field(console, browser, fields, beside):
    await browser.open(f"{LISTS}/new")
    answer = await browser.post(LISTS, {"name": "letters"} | fields)
    assert answer.status == 422
    assert f'id="{beside}-problem"' in answer.text
    assert found_list(console) is None


async def test_an_account_has_as_many_lists_as_the_settings_say(console):
    console.services = replace(console.services, quotas=Quotas(contact_lists=2))
    console.app = open_console(console.services)
    browser = await console.signed_in(Role.OPERATOR)
    await browser.open(f"{LISTS}/new")
    for name in ("a", "new"):
        await browser.post(LISTS, {"name": name})
        assert browser.path == f"{LISTS}/lists/{name}"
    answer = await browser.post(LISTS, {"name": "c"})
    assert "A maximum of 2 Lists allowed" in answer.text


async def test_a_list_is_changed_and_a_topic_without_a_name_goes(console, browser):
    add_list(console)
    page = (await browser.open(f"{ONE}/edit")).text
    assert 'value="Our news"' in page
    await browser.post(f"{ONE}/edit", {"description": "New"} | line(0, "", "Our news"))
    row = found_list(console)
    assert (row.topics, row.description) == ((), "New")


async def test_a_list_is_deleted_after_asking_once(console, browser):
    add_list(console)
    assert "Delete the list letters?" in (await browser.open(f"{ONE}/delete")).text
    await browser.post(f"{ONE}/delete")
    assert found_list(console) is None


async def test_a_contact_is_added_changed_and_removed(console, browser):
    add_list(console)
    address = "a/b@example.com"
    await browser.open(f"{ONE}/new")
    fields = {"address": address, "topic-news": OPT_OUT, "topic-offers": "", "attributes": "{}"}
    answer = await browser.post(f"{ONE}/new", fields)
    assert "a/b@example.com is in the list." in answer.text
    row = found(console, address)
    assert (row.unsubscribe_all, dict(row.topics), row.attributes) == (
        False,
        {"news": OPT_OUT},
        "{}",
    )
    assert "nothing said: doesn&#39;t get it" in (await browser.open(page_of(address))).text
    await browser.post(page_of(address), {"all": "on", "topic-news": OPT_IN})
    row = found(console, address)
    assert (row.unsubscribe_all, dict(row.topics), row.attributes) == (
        True,
        {"news": OPT_IN},
        None,
    )
    await browser.open(page_of(address, "/delete"))
    await browser.post(page_of(address, "/delete"))
    assert found(console, address) is None


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"address": ""}, "address"),
        ({"address": "nobody"}, "address"),
        ({"address": "Taken@example.com"}, "address"),
        ({"attributes": "x" * 16_385}, "attributes"),
        ({"topic-news": "MAYBE"}, "topic-news"),
    ],
)
async def test_what_is_no_contact_is_told_beside_its_field(console, browser, fields, beside):
    add_list(console)
    add(console, "taken@example.com")
    await browser.open(f"{ONE}/new")
    answer = await browser.post(f"{ONE}/new", {"address": "new@example.com"} | fields)
    assert answer.status in {400, 422}
    assert f'id="{beside}-problem"' in answer.text
    assert found(console, "new@example.com") is None


async def test_contacts_are_found_by_what_they_want_and_by_address(console, browser):
    add_list(console)
    add(console, "silent@example.com")
    add(console, "out@example.com", topics={"news": OPT_OUT})
    add(console, "gone@example.com", unsubscribe_all=True)
    everyone = {"silent", "out", "gone"}
    for query, expected in (
        ("", everyone),
        ("status=OPT_IN", {"silent", "out"}),
        ("status=OPT_OUT", {"gone"}),
        ("topic=news", {"silent"}),
        ("topic=news&status=OPT_OUT", {"out", "gone"}),
        ("topic=offers", set()),
        ("address=OUT@example.com", {"out"}),
        ("address=nobody", set()),
    ):
        page = (await browser.open(f"{ONE}?{query}")).text
        assert {name for name in everyone if f">{name}@example.com<" in page} == expected, query


async def test_contacts_are_paged_and_the_filter_stays(console, browser):
    add_list(console)
    for number in range(52):
        add(console, f"c{number:02}@example.com", unsubscribe_all=number == 51)
    page = (await browser.open(f"{ONE}?status=OPT_IN")).text
    assert "c49@" in page
    assert "c50@" not in page
    following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    page = (await browser.open(following.replace("&amp;", "&"))).text
    assert "c50@" in page
    assert "c51@" not in page


async def test_who_matches_is_looked_for_in_portions(console, browser, monkeypatch):
    monkeypatch.setattr("pillarbox.console.pages.contacts.PORTION", 4)
    add_list(console)
    for number in range(10):
        add(console, f"c{number}@example.com", unsubscribe_all=number in {5, 9})
    pages, path = [], f"{ONE}?status=OPT_OUT"
    while path:
        page = (await browser.open(path)).text
        pages.append([number for number in range(10) if f">c{number}@" in page])
        following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        path = following.replace("&amp;", "&") if 'rel="next"' in page else ""
    assert pages == [[], [5], [9]]


async def test_lists_of_another_account_are_not_there(console, browser):
    add_list(console, account_id=OTHER)
    add(console, "a@example.com", OTHER)
    for path in (ONE, f"{ONE}/edit", f"{ONE}/new", page_of("a@example.com")):
        assert (await browser.open(path)).status == 404
    await browser.open(LISTS)
    assert (await browser.post(f"{ONE}/delete")).status == 404
    assert (await browser.post(page_of("a@example.com", "/delete"))).status == 404
    assert found_list(console, account_id=OTHER) is not None


async def test_a_viewer_sees_what_a_contact_wants_and_is_offered_no_change(console):
    add_list(console)
    add(console, "a@example.com", topics={"news": OPT_OUT}, attributes="<b>")
    browser = await console.signed_in(Role.VIEWER)
    page = (await browser.open(page_of("a@example.com"))).text
    assert "&lt;b&gt;" in page
    assert '<form method="post" action="/console/1' not in page
    assert "Add a contact" not in (await browser.open(ONE)).text
