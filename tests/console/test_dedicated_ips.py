"""Dedicated addresses in the console: pools, warm-up with its chart, moving, adding, removing."""

import re

import pytest

from pillarbox.manage.addresses import dedicated_ips, dedicated_pools
from pillarbox.manage.addresses import stock as address_stock
from pillarbox.manage.addresses.dedicated_pools import NewPool
from pillarbox.manage.addresses.stock import NewAddress
from pillarbox.model.user import Role
from pillarbox.model.warmup import DAY_MS, WARMUP_MS, Volume, day_of
from pillarbox.store.addresses.address_blocks import Block, write_block
from pillarbox.store.addresses.dedicated_ips import all_addresses, find_address
from pillarbox.store.addresses.dedicated_pools import find_pool
from pillarbox.store.addresses.warmup_volume import add_overflow, take_volume
from tests.console.conftest import ACCOUNT, NOW, OTHER

IPS = f"/console/{ACCOUNT}/ips"
POOLS = f"{IPS}/pools"
STOCK = "/console/addresses"
ONE = "192.0.2.10"


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


def add(console, address=ONE, account_id=ACCOUNT, pool=None, now=NOW):
    new = NewAddress(
        address=address, helo="out.mail.test", node="n1", account_id=account_id, pool=pool
    )
    with console.store.transaction() as conn:
        return address_stock.add_address(conn, new, now=now)


def add_pool(console, name, account_id=ACCOUNT, tags=()):
    with console.store.transaction() as conn:
        new = NewPool(name=name, tags=tags)
        dedicated_pools.create_pool(conn, account_id, new, now=NOW)


def found(console, address=ONE):
    with console.store.engine.begin() as conn:
        return find_address(conn, ACCOUNT, address)


async def test_an_account_without_addresses_says_who_adds_them(browser):
    page = (await browser.open(IPS)).text
    assert "No dedicated addresses" in page
    assert "pillarbox ips add" in page


async def test_the_list_says_what_each_sent_today_and_what_overflowed(console, browser):
    add(console)
    with console.store.transaction() as conn:
        take_volume(conn, Volume(ONE, day_of(NOW)), 37, 50)
        add_overflow(conn, Volume(ONE, day_of(NOW)), 11)
        take_volume(conn, Volume(ONE, day_of(NOW) - 1), 49, 50)
    page = (await browser.open(IPS)).text
    assert "37 of 50" in page
    assert "<strong>11</strong>" in page
    assert "Warming up, 0 %" in page
    add(console, "192.0.2.11", account_id=OTHER)
    assert "192.0.2.11" not in (await browser.open(IPS)).text


async def test_an_address_shows_where_its_warm_up_stands_and_each_day_of_it(console, browser):
    add(console, now=NOW - 10 * DAY_MS)
    with console.store.transaction() as conn:
        take_volume(conn, Volume(ONE, day_of(NOW) - 3), 123, 200)
        add_overflow(conn, Volume(ONE, day_of(NOW) - 3), 9)
    page = (await browser.open(f"{IPS}/{ONE}")).text
    assert "Warming up, 22 %" in page
    assert "Day 8: 123 sent of 150" in page
    assert "Day 8: 9 overflowed" in page
    assert 'class="today"' in page


async def test_an_address_shows_each_operators_share_and_who_blocks_it(console, browser):
    add(console)
    block = Block(ONE, "microsoft", NOW - 1000, NOW + 1000, 2, "550 <S3150> blocked")
    with console.store.transaction() as conn:
        take_volume(conn, Volume(ONE, day_of(NOW), "google"), 17, 30)
        add_overflow(conn, Volume(ONE, day_of(NOW), "google"), 3)
        write_block(conn, block)
    assert "Blocked by microsoft" in (await browser.open(IPS)).text
    page = (await browser.open(f"{IPS}/{ONE}")).text
    assert "550 &lt;S3150&gt; blocked" in page
    assert "2 times in a row" in page
    shares = page.partition('id="shares-title"')[2].partition("</tbody>")[0]
    numbers = [cell.partition("<")[0] for cell in shares.split('<td class="number">')[1:]]
    assert numbers == ["17", "30", "3"]
    console.clock[0] += 2000
    assert "Blocked by" not in (await browser.open(IPS)).text


async def test_a_warm_address_has_no_chart_and_says_so(console, browser):
    add(console)
    with console.store.transaction() as conn:
        dedicated_ips.set_warmup(conn, ACCOUNT, ONE, 100, now=NOW)
    page = (await browser.open(f"{IPS}/{ONE}")).text
    assert "no daily limit holds" in page
    assert "<polyline" not in page


async def test_an_address_is_moved_to_a_pool_and_back(console, browser):
    add(console)
    add_pool(console, "news")
    await browser.open(f"{IPS}/{ONE}")
    answer = await browser.post(f"{IPS}/{ONE}/pool", {"pool": "news"})
    assert f"{ONE} is in news now." in answer.text
    assert found(console).pool == "news"
    assert ONE in (await browser.open(f"{POOLS}/news")).text
    assert ONE in (await browser.open(f"{IPS}?pool=news")).text
    answer = await browser.post(f"{IPS}/{ONE}/pool", {"pool": "nowhere"})
    assert "does not exist" in answer.text
    assert 'id="pool-problem"' in answer.text
    await browser.post(f"{IPS}/{ONE}/pool", {"pool": "ses-default-dedicated-pool"})
    assert found(console).pool is None


@pytest.mark.parametrize("percentage", ["101", "-1", "half", ""])
async def test_a_percentage_that_is_none_is_told_beside_the_field(console, browser, percentage):
    add(console)
    await browser.open(f"{IPS}/{ONE}")
    answer = await browser.post(f"{IPS}/{ONE}/warm-up", {"percentage": percentage})
    assert answer.status == 422
    assert 'id="percentage-problem"' in answer.text
    assert found(console).warmup_started_at == NOW


async def test_the_warm_up_is_set_and_goes_on_from_there(console, browser):
    add(console)
    await browser.open(f"{IPS}/{ONE}")
    answer = await browser.post(f"{IPS}/{ONE}/warm-up", {"percentage": "50"})
    assert "Warming up, 50 %" in answer.text
    assert found(console).warmup_started_at == NOW - WARMUP_MS // 2
    answer = await browser.post(f"{IPS}/{ONE}/warm-up", {"percentage": "100"})
    assert "It is warm" in answer.text
    assert found(console).warmup_started_at is None


async def test_whether_new_addresses_warm_up_is_the_accounts_choice(console, browser):
    await browser.open(IPS)
    await browser.post(f"{IPS}/warm-up", {})
    assert add(console).warmup_started_at is None
    await browser.post(f"{IPS}/warm-up", {"auto": "on"})
    assert add(console, "192.0.2.12").warmup_started_at == NOW


async def test_a_pool_is_created_tagged_and_deleted_with_its_addresses_left(console, browser):
    assert "No pools yet" in (await browser.open(POOLS)).text
    await browser.open(f"{IPS}/new-pool")
    answer = await browser.post(POOLS, {"name": "news", "tags": "team=mail\ncost centre = 7"})
    assert browser.path == f"{POOLS}/news"
    assert "team=mail" in answer.text
    add(console, pool="news")
    page = (await browser.open(POOLS)).text
    assert '<td class="number">1</td>' in page
    await browser.open(f"{POOLS}/news")
    await browser.post(f"{POOLS}/news/tags", {"tags": "team=post"})
    with console.store.engine.begin() as conn:
        assert find_pool(conn, ACCOUNT, "news").tags == '[["team","post"]]'
    assert "Delete the pool news?" in (await browser.open(f"{POOLS}/news/delete")).text
    await browser.post(f"{POOLS}/news/delete")
    assert found(console).pool is None
    assert (await browser.open(f"{POOLS}/news")).status == 404


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"name": "News"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "ses-shared-pool"}, "name"),
        ({"name": "taken"}, "name"),
        ({"name": "news", "tags": "no tag"}, "tags"),
    ],
)
async def test_what_is_no_pool_is_told_beside_its_field(console, browser, fields, beside):
    add_pool(console, "taken")
    await browser.open(f"{IPS}/new-pool")
    answer = await browser.post(POOLS, fields)
    assert answer.status in {400, 422}
    assert f'id="{beside}-problem"' in answer.text


async def test_tags_that_are_none_change_nothing(console, browser):
    add_pool(console, "news", tags=(("team", "mail"),))
    await browser.open(f"{POOLS}/news")
    answer = await browser.post(f"{POOLS}/news/tags", {"tags": "aws:x=y"})
    assert 'id="tags-problem"' in answer.text
    with console.store.engine.begin() as conn:
        assert find_pool(conn, ACCOUNT, "news").tags == '[["team","mail"]]'


async def test_pools_and_addresses_are_paged(console, browser):
    for number in range(51):
        add_pool(console, f"p{number:02}")
        add(console, f"192.0.2.{100 + number}")
    for path, last in ((POOLS, "/ips/pools/p50"), (IPS, "/ips/192.0.2.150")):
        page = (await browser.open(path)).text
        assert last not in page
        following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        assert last in (await browser.open(following.replace("&amp;", "&"))).text


async def test_addresses_and_pools_of_another_account_are_not_there(console, browser):
    add(console, account_id=OTHER)
    add_pool(console, "theirs", OTHER)
    for path in (f"{IPS}/{ONE}", f"{POOLS}/theirs", f"{IPS}?pool=theirs"):
        assert (await browser.open(path)).status == 404
    await browser.open(IPS)
    for path in (f"{IPS}/{ONE}/warm-up", f"{POOLS}/theirs/delete"):
        assert (await browser.post(path, {"percentage": "100"})).status == 404
    with console.store.engine.begin() as conn:
        assert find_pool(conn, OTHER, "theirs") is not None
        assert find_address(conn, OTHER, ONE).warmup_started_at == NOW


async def test_an_administrator_adds_and_removes_addresses_of_all_accounts(console):
    browser = await console.signed_in(Role.ADMIN)
    assert "No sending addresses" in (await browser.open(STOCK)).text
    await browser.open(f"{STOCK}/new")
    fields = {"address": "2001:DB8::1", "helo": "Out6.Mail.test", "owner": OTHER, "node": "n7"}
    answer = await browser.post(STOCK, fields)
    assert "2001:db8::1 is added." in answer.text
    with console.store.engine.begin() as conn:
        (added,) = all_addresses(conn)
    assert (added.address, added.account_id, added.node, added.helo) == (
        "2001:db8::1",
        OTHER,
        "n7",
        "out6.mail.test",
    )
    assert (await browser.open(f"/console/{OTHER}/ips/2001:db8::1")).status == 200
    await browser.open(f"{STOCK}/2001:db8::1/remove")
    await browser.post(f"{STOCK}/2001:db8::1/remove")
    with console.store.engine.begin() as conn:
        assert all_addresses(conn) == []


@pytest.mark.parametrize(
    ("changed", "beside"),
    [
        ({"address": "mail.test"}, "address"),
        ({"address": "0.0.0.0"}, "address"),
        ({"address": "192.0.2.99"}, "address"),
        ({"helo": "no host"}, "helo"),
        ({"bind": "::1"}, "bind"),
        ({"pool": "nowhere"}, "pool"),
        ({"owner": "", "pool": "news"}, "pool"),
        ({"node": ""}, "node"),
    ],
)
async def test_what_is_no_sending_address_is_told_beside_its_field(console, changed, beside):
    add(console, "192.0.2.99")
    browser = await console.signed_in(Role.ADMIN)
    await browser.open(f"{STOCK}/new")
    fields = {"address": ONE, "helo": "out.mail.test", "owner": ACCOUNT, "node": "n1"}
    answer = await browser.post(STOCK, fields | changed)
    assert answer.status in {400, 404, 422}
    assert f'id="{beside}-problem"' in answer.text
    assert found(console) is None


async def test_a_viewer_sees_addresses_and_is_offered_no_change(console):
    add(console)
    browser = await console.signed_in(Role.VIEWER)
    page = (await browser.open(f"{IPS}/{ONE}")).text
    assert "Move to another pool" not in page
    assert "Set the warm-up" not in page
    assert "New addresses" not in (await browser.open(IPS)).text


async def test_addresses_are_sorted_by_what_they_sent_today(console, browser, monkeypatch):
    for number, sent in ((10, 3), (11, 7), (12, 3)):
        add(console, f"192.0.2.{number}")
        with console.store.transaction() as conn:
            take_volume(conn, Volume(f"192.0.2.{number}", day_of(NOW)), sent, 50)

    async def listed(query):
        return re.findall(r'/ips/([\d.]+)"', (await browser.open(IPS + query)).text)

    assert await listed("") == ["192.0.2.10", "192.0.2.11", "192.0.2.12"]
    assert await listed("?sort=sent") == ["192.0.2.11", "192.0.2.10", "192.0.2.12"]
    assert await listed("?sort=address&order=desc") == ["192.0.2.12", "192.0.2.11", "192.0.2.10"]
    monkeypatch.setattr("pillarbox.console.listing.MOST_SORTED", 2)
    assert await listed("?sort=sent") == ["192.0.2.11", "192.0.2.10"]
    assert "the first 2 by address" in (await browser.open(f"{IPS}?sort=sent")).text
