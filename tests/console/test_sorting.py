"""Lists are sorted by their columns' headings: in both directions, over all pages, filters kept."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from pillarbox.console.pages import (
    accounts,
    configuration_sets,
    events,
    identities,
    suppression,
    templates,
)
from pillarbox.manage.people.accounts import create_account
from pillarbox.manage.people.keys import create_key
from pillarbox.manage.templates import EmailTemplate, create_template
from pillarbox.model.segment import Segment
from pillarbox.model.user import Role
from pillarbox.store.lists.segments import insert_segment
from pillarbox.store.lists.suppression import SuppressedRow, put_many_suppressed
from pillarbox.store.sets.configuration_sets import ConfigurationSetRow, insert_configuration_set
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.console.list_walker import headings, rows, walk
from tests.store.event_destination import create_destination
from tests.store.rows import accepted, add_configuration_set, add_identity, put

BASE = f"/console/{ACCOUNT}"
NAMES = [f"{letter}{digit}.example" for letter in "baced" for digit in (1, 0)]
#: Of equal ages there are several: pages end between them.
AGES = {name: NOW + number % 3 for number, name in enumerate(NAMES)}
_STATES = ["SUCCESS", "PENDING", "FAILED", "SUCCESS", "TEMPORARY_FAILURE"]
STATES = {name: _STATES[number % 5] for number, name in enumerate(NAMES)}
TROUBLE = ["FAILED", "TEMPORARY_FAILURE", "PENDING", "NOT_STARTED", "SUCCESS"]
PLACES = {name: TROUBLE.index(state) for name, state in STATES.items()}


@pytest.fixture
async def browser(console, monkeypatch):
    """Give a browser of somebody who sees small pages."""
    for page in (accounts, configuration_sets, identities, suppression, templates):
        monkeypatch.setattr(page, "SIZE", 3)
    return await console.signed_in(Role.OPERATOR)


def add_identities(conn):
    for name in NAMES:
        add_identity(conn, name, created_at=AGES[name], status=STATES[name])


def add_sets(conn):
    for name in NAMES:
        row = ConfigurationSetRow(
            account_id=ACCOUNT,
            name=name.replace(".", "-"),
            created_at=AGES[name],
            sending_enabled=True,
            reputation_metrics=True,
            tags="[]",
        )
        insert_configuration_set(conn, row)


def add_suppressed(conn):
    for account_id, domain in ((ACCOUNT, ""), (OTHER, ".secret")):
        rows = [
            SuppressedRow(
                account_id=account_id,
                address=f"x@{name}{domain}",
                reason="COMPLAINT" if name.startswith("a") else "BOUNCE",
                updated_at=AGES[name],
            )
            for name in NAMES
        ]
        put_many_suppressed(conn, rows)


def add_templates(conn):
    for name in NAMES:
        made = EmailTemplate(name=name.replace(".", "-"), subject="s", text="t", html=None)
        create_template(conn, ACCOUNT, made, now=AGES[name])


LISTS = {
    "identities-name": ("identities", "name", add_identities, {}),
    "identities-added": ("identities", "added", add_identities, AGES),
    "identities-verification": ("identities", "verification", add_identities, PLACES),
    "sets-name": ("sets", "name", add_sets, {}),
    "sets-created": ("sets", "created", add_sets, AGES),
    "suppression-address": ("suppression", "address", add_suppressed, {}),
    "suppression-since": ("suppression", "since", add_suppressed, AGES),
    "templates-name": ("templates", "name", add_templates, {}),
    "templates-changed": ("templates", "changed", add_templates, AGES),
    "templates-created": ("templates", "created", add_templates, AGES),
}


def last_words(page):
    """Give the names of event destinations, without their sets."""
    found = re.findall(r'<th scope="row">(.*?)<br>', page, re.DOTALL)
    return [re.sub("<[^>]*>", "", one).split()[-1] for one in found]


@pytest.mark.parametrize("way", ["asc", "desc"])
@pytest.mark.parametrize("case", LISTS)
async def test_every_row_is_on_one_page_of_a_list_in_each_order(console, browser, case, way):
    path, sort, add, values = LISTS[case]
    with console.store.transaction() as conn:
        add(conn)
    seen, pages = await walk(browser, f"{BASE}/{path}?sort={sort}&order={way}")
    plain = [one.removeprefix("x@").replace("-", ".") for one in seen]
    expected = sorted(NAMES, key=lambda name: (values.get(name, 0), name), reverse=way == "desc")
    assert plain == expected
    assert pages == 4


async def test_the_heading_of_the_order_says_it_and_leads_to_the_other_way_round(console, browser):
    with console.store.transaction() as conn:
        add_suppressed(conn)
    url = f"{BASE}/suppression"
    page = (await browser.open(url)).text
    assert {name: now for name, (now, _) in headings(page).items()} == {
        "address": "ascending",
        "since": None,
    }
    page = (await browser.open(url + headings(page)["since"][1])).text
    assert {name: now for name, (now, _) in headings(page).items()} == {
        "address": None,
        "since": "descending",
    }
    assert '<span class="visually-hidden">(sorted descending)</span>' in page
    newest = rows(page)
    page = (await browser.open(url + headings(page)["since"][1])).text
    assert headings(page)["since"][0] == "ascending"
    assert AGES[rows(page)[0][2:]] < AGES[newest[0][2:]]


async def test_another_order_keeps_the_filter_and_begins_at_the_first_page(console, browser):
    with console.store.transaction() as conn:
        add_suppressed(conn)
    url = f"{BASE}/suppression"
    page = (await browser.open(f"{url}?reason=BOUNCE")).text
    following = html.unescape(re.search(r'<a href="([^"]*)" rel="next">', page)[1])
    to = headings((await browser.open(following)).text)["since"][1]
    assert parse_qs(urlsplit(to).query) == {
        "reason": ["BOUNCE"],
        "sort": ["since"],
        "order": ["desc"],
    }
    seen, _ = await walk(browser, url + to)
    assert len(seen) == 8
    assert not any(one.startswith("x@a") for one in seen)


async def test_a_filter_keeps_the_order(console, browser):
    with console.store.transaction() as conn:
        add_identities(conn)
    page = (await browser.open(f"{BASE}/identities?sort=added&order=asc")).text
    form = page[page.index('<form method="get"') :]
    assert '<input type="hidden" name="sort" value="added">' in form
    assert '<input type="hidden" name="order" value="asc">' in form


@pytest.mark.parametrize(
    "asked", ["sort=x", "sort=name;drop&order=desc", "order=desc", "sort=&order=x", "sort=%00"]
)
async def test_an_order_that_the_list_does_not_have_is_ignored(console, browser, asked):
    with console.store.transaction() as conn:
        add_identities(conn)
    seen, _ = await walk(browser, f"{BASE}/identities?{asked}")
    assert seen == sorted(NAMES)


async def test_an_unknown_direction_is_the_one_that_a_heading_gives_first(console, browser):
    with console.store.transaction() as conn:
        add_identities(conn)
    asked = await walk(browser, f"{BASE}/identities?sort=added&order=x")
    assert asked == await walk(browser, f"{BASE}/identities?sort=added&order=desc")


async def test_a_page_of_one_order_is_no_page_of_another(console, browser):
    with console.store.transaction() as conn:
        add_identities(conn)
    page = (await browser.open(f"{BASE}/identities?sort=added&order=desc")).text
    following = html.unescape(re.search(r'<a href="([^"]*)" rel="next">', page)[1])
    other = following.replace("order=desc", "order=asc")
    assert (await browser.open(other)).status == 400


async def test_the_queue_is_sorted_as_a_whole(console, browser):
    with console.store.transaction() as conn:
        put(conn, accepted("a@many.example", "b@many.example", now=NOW + 60_000))
        put(conn, accepted("a@early.example", now=NOW))
        put(conn, accepted("a@late.example", now=NOW + 120_000))
    url = f"{BASE}/queue"
    assert rows((await browser.open(url)).text)[0] == "many.example"
    by_due = ["early.example", "many.example", "late.example"]
    assert rows((await browser.open(f"{url}?sort=due")).text) == by_due
    assert rows((await browser.open(f"{url}?sort=due&order=desc")).text) == by_due[::-1]
    assert rows((await browser.open(f"{url}?sort=destination")).text) == sorted(by_due)


async def test_the_queue_is_found_in_and_says_when_counting_has_ended(
    console, browser, monkeypatch
):
    with console.store.transaction() as conn:
        put(conn, accepted("a@many.example", "b@many.example", "c@late.example", now=NOW))
    url = f"{BASE}/queue"
    page = (await browser.open(f"{url}?domain=MAN")).text
    assert rows(page) == ["many.example"]
    assert "2 recipients wait." in page
    assert "domain=MAN" in headings(page)["due"][1]
    assert "Nothing found" in (await browser.open(f"{url}?domain=x%25")).text
    monkeypatch.setattr("pillarbox.console.pages.queue.MOST_COUNTED", 3)
    assert "1 or more recipients wait" in (await browser.open(f"{url}?domain=late")).text


async def test_users_are_sorted_and_who_never_came_is_last(console):
    browser = await console.signed_in(Role.ADMIN, name="Boss")
    console.make_user("anna", Role.VIEWER)
    console.make_user("Zoe", Role.OPERATOR)
    url = "/console/users"
    assert rows((await browser.open(url)).text) == ["anna", "Boss", "Zoe"]
    assert rows((await browser.open(f"{url}?sort=name&order=desc")).text) == ["Zoe", "Boss", "anna"]
    assert rows((await browser.open(f"{url}?sort=role")).text) == ["Boss", "Zoe", "anna"]
    for way in ("asc", "desc"):
        seen = rows((await browser.open(f"{url}?sort=signed-in&order={way}")).text)
        assert seen[0] == "Boss"


@pytest.mark.parametrize("way", ["asc", "desc"])
async def test_accounts_are_sorted_over_all_pages(console, monkeypatch, way):
    monkeypatch.setattr(accounts, "SIZE", 3)
    given = {"Second": NOW, "First": NOW}
    with console.store.transaction() as conn:
        for number, name in enumerate(["b", "b", "a", "c", "b"]):
            made = NOW + number % 2
            create_account(conn, now=made, name=name, production=True)
            given[name] = made
    browser = await console.signed_in(Role.ADMIN)
    seen, pages = await walk(browser, f"/console/accounts?sort=name&order={way}")
    assert seen == sorted(["First", "Second", "a", "b", "b", "b", "c"], reverse=way == "desc")
    assert pages == 3
    seen, _ = await walk(browser, f"/console/accounts?sort=made&order={way}")
    assert len(seen) == 7
    newest = set(seen[:2] if way == "desc" else seen[-2:])
    assert newest == {"b", "c"}


async def test_segments_are_sorted_and_everybody_stays_above(console, browser):
    with console.store.transaction() as conn:
        for number, name in enumerate("bca"):
            row = Segment(application="app", name=name, rule="opened", created_at=NOW + number)
            insert_segment(conn, ACCOUNT, row)
    url = f"{BASE}/segments"
    assert rows((await browser.open(url)).text) == ["Everybody", "a", "b", "c"]
    assert rows((await browser.open(f"{url}?sort=created")).text) == ["Everybody", "a", "c", "b"]
    page = (await browser.open(f"{url}?sort=created&name=C")).text
    assert rows(page) == ["Everybody", "c"]
    assert "name=C" in headings(page)["name"][1]
    assert "No segment matches" in (await browser.open(f"{url}?name=x")).text


async def test_destinations_of_events_are_sorted_by_what_waits(console, browser, monkeypatch):
    with console.store.transaction() as conn:
        add_configuration_set(conn)
        add_configuration_set(conn, "summer")
        for name in "abc":
            create_destination(conn, name)
        create_destination(conn, "z", set_name="summer")
    for count, of in ((1, "spring"), (2, "summer")):
        with console.store.transaction() as conn:
            for _ in range(count):
                put(conn, accepted("a@one.example", now=NOW, configuration_set=of))
    url = f"{BASE}/events"
    first = ["a", "b", "c", "z"]
    assert last_words((await browser.open(url)).text) == first
    assert last_words((await browser.open(f"{url}?sort=waiting")).text) == ["z", "a", "b", "c"]
    assert last_words((await browser.open(f"{url}?sort=name&order=desc")).text) == first[::-1]
    monkeypatch.setattr(events, "MOST_SORTED", 2)
    page = (await browser.open(f"{url}?sort=waiting")).text
    assert last_words(page) == ["a", "b"]
    assert "the first 2 by name" in page


async def test_keys_are_sorted_and_those_that_never_end_come_last(console):
    made = []
    with console.store.transaction() as conn:
        for number, seconds in enumerate([None, 7200, 3600]):
            key = create_key(
                conn,
                console.services.sealer,
                ACCOUNT,
                now=NOW + number,
                session_seconds=seconds,
            )
            made.append(key.access_key_id)
    browser = await console.signed_in(Role.ADMIN)
    url, (lasting, long, short) = f"{BASE}/keys", made
    assert rows((await browser.open(url)).text) == [short, long, lasting]
    assert rows((await browser.open(f"{url}?sort=ends")).text) == [short, long, lasting]
    assert rows((await browser.open(f"{url}?sort=ends&order=desc")).text) == [long, short, lasting]
    assert rows((await browser.open(f"{url}?sort=id")).text) == sorted(made)
