"""Small lists are sorted by each of their columns, cut into pages, and found in by a part."""

from urllib.parse import urlencode

import pytest

from pillarbox.console import listing
from pillarbox.console.services import ConsoleServices
from pillarbox.manage.people.accounts import create_account
from pillarbox.manage.people.keys import create_key
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.console.list_walker import headings, rows, walk
from tests.console.small_lists import (
    ADDRESSES,
    BASE,
    HOOKS,
    HOSTS,
    LISTS,
    NAMES,
    TRACKING,
    make_groups,
    make_hooks,
    make_lists,
    make_pools,
    make_senders,
    make_stock,
    make_topics,
    make_trace_domains,
)


@pytest.fixture
async def browser(console, monkeypatch):
    """Give a browser of somebody who sees small pages, and verifies what is to be verified."""
    monkeypatch.setattr(ConsoleServices, "everything_verified", False)
    monkeypatch.setattr(listing, "SIZE", 3)
    return await console.signed_in(Role.ADMIN, name="boss")


@pytest.mark.parametrize("case", LISTS)
async def test_every_row_is_there_once_in_each_order(console, browser, case):
    url, sort, make, names, values, paged = LISTS[case]
    with console.store.transaction() as conn:
        make(conn)
    for falling in (False, True):
        way = "desc" if falling else "asc"
        seen, pages = await walk(browser, f"{url}?sort={sort}&order={way}")
        if paged or not values:
            expected = sorted(names, key=lambda one: (values.get(one, 0), one), reverse=falling)
        else:
            expected = sorted(sorted(names), key=values.__getitem__, reverse=falling)
        assert seen == expected, way
        assert pages == (-(-len(names) // 3) if paged else 1), way
        now, turned = headings((await browser.open(f"{url}?sort={sort}&order={way}")).text)[sort]
        assert now == ("descending" if falling else "ascending")
        assert f"order={'asc' if falling else 'desc'}" in turned


#: Address, what its form asks for, who makes its rows, which are found.
FILTERS = {
    "pools": (f"{BASE}/ips/pools", {"name": "A"}, make_pools, ["auth", "care", "team"]),
    "stock": ("/console/addresses", {"part": OTHER}, make_stock, ADDRESSES[1::3]),
    "stock-node": ("/console/addresses", {"part": "N1"}, make_stock, ADDRESSES[1::2]),
    "topics": (f"{BASE}/topics", {"name": "E"}, make_topics, ["care", "news", "team"]),
    "hooks": (HOOKS, {"part": "Auth"}, make_hooks, ["auth.example"]),
    "lists": (f"{BASE}/contacts", {"name": "S"}, make_lists, ["misc", "news", "shop"]),
    "trace": (f"{TRACKING}/domains", {"name": "Bulk"}, make_trace_domains, ["bulk.example"]),
    "senders": (f"{TRACKING}/statistics", {"name": "Bulk"}, make_senders, ["bulk.example"]),
    "groups": ("/console/shaping", {"name": "Bulk"}, make_groups, ["bulk.example"]),
}


@pytest.mark.parametrize("case", FILTERS)
async def test_a_part_finds_rows_and_stays_through_pages_and_orders(console, browser, case):
    url, asked, make, expected = FILTERS[case]
    with console.store.transaction() as conn:
        make(conn)
    seen, _ = await walk(browser, f"{url}?{urlencode(asked)}")
    assert seen == expected
    for _, to in headings((await browser.open(f"{url}?{urlencode(asked)}")).text).values():
        seen, _ = await walk(browser, url + to)
        assert sorted(seen) == expected
    (name,) = asked
    page = (await browser.open(f"{url}?{name}=%25_")).text
    assert rows(page) == []
    assert "match" in page


@pytest.mark.parametrize("case", ["pools-addresses", "trace-state", "topics-name", "hooks-url"])
async def test_a_page_of_one_order_is_no_page_of_another(console, browser, case):
    url, sort, make, *_ = LISTS[case]
    with console.store.transaction() as conn:
        make(conn)
    page = (await browser.open(f"{url}?sort={sort}&order=desc")).text
    following = page.partition('" rel="next"')[0].rpartition('href="')[2].replace("&amp;", "&")
    assert (await browser.open(following)).status == 200
    assert (await browser.open(following.replace("order=desc", "order=asc"))).status == 400
    assert (await browser.open(f"{url}?after=x")).status == 400


async def test_of_a_list_that_no_index_sorts_the_first_by_name_are_sorted(
    console, browser, monkeypatch
):
    with console.store.transaction() as conn:
        make_topics(conn)
    monkeypatch.setattr(listing, "MOST_SORTED", 4)
    page = (await browser.open(f"{BASE}/topics?sort=webhooks")).text
    assert rows(page) == ["bulk", "misc", "auth", "care"]
    assert "the first 4 by name" in page
    page = (await browser.open(f"{BASE}/topics?sort=webhooks&name=e")).text
    assert rows(page) == ["care", "news", "team"]
    assert "the first 4 by name" not in page


async def test_keys_page_and_those_that_can_be_used_are_found(console, browser):
    made = []
    with console.store.transaction() as conn:
        for number in range(7):
            seconds = 900 if number % 2 else None
            key = create_key(
                conn,
                console.services.sealer,
                ACCOUNT,
                now=NOW - 10**7 + number,
                session_seconds=seconds,
            )
            made.append(key.access_key_id)
    seen, pages = await walk(browser, f"{BASE}/keys")
    assert (seen, pages) == (made[::-1], 3)
    for way in ("asc", "desc"):
        seen, _ = await walk(browser, f"{BASE}/keys?sort=ends&order={way}")
        assert set(seen[3:]) == set(made[::2])
        assert sorted(seen) == sorted(made)
    seen, _ = await walk(browser, f"{BASE}/keys?state=active&sort=made&order=asc")
    assert seen == made[::2]


async def test_users_page_and_are_found_by_a_part_of_their_names(console, browser):
    for name in NAMES:
        console.make_user(name.title(), Role.VIEWER)
    seen, pages = await walk(browser, "/console/users")
    assert seen == sorted(["boss", *map(str.title, NAMES)], key=str.casefold)
    assert pages == 3
    seen, _ = await walk(browser, "/console/users?sort=signed-in&order=desc")
    assert seen[0] == "boss"
    assert len(seen) == 8
    seen, _ = await walk(browser, "/console/users?name=E")
    assert seen == ["Care", "News", "Team"]
    assert "Nobody found" in (await browser.open("/console/users?name=zz")).text


async def test_accounts_to_choose_from_page_and_are_found(console, browser):
    with console.store.transaction() as conn:
        for name in NAMES:
            create_account(conn, now=NOW, name=name, production=True)
    seen, pages = await walk(browser, "/console")
    assert (seen, pages) == (["First", "Second", *sorted(NAMES)], 3)
    seen, _ = await walk(browser, "/console?sort=name&order=desc&name=E")
    assert seen == ["team", "news", "care", "Second"]
    assert "Nothing found" in (await browser.open("/console?name=zz")).text


async def test_the_tables_groups_are_shown_in_the_order_that_was_chosen(console, browser):
    with console.store.transaction() as conn:
        make_groups(conn)
    page = (await browser.open("/console/shaping?sort=group&order=desc&name=e")).text
    every = page.partition(">All of the tables")[0].rpartition('href="')[2].partition('"')[0]
    seen, _ = await walk(browser, every.replace("&amp;", "&"))
    assert seen == sorted(seen, reverse=True)
    assert len(seen) > len(HOSTS)
    assert (
        'type="hidden" name="all" value="1"'
        in (await browser.open(every.replace("&amp;", "&"))).text
    )
