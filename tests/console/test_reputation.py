"""The Reputation page: status and why, rates over time, parts of the account."""

import pytest

from pillarbox.model.reputation import Tally, Volume
from pillarbox.model.user import Role
from pillarbox.store.coming_back.reputation import add_tallies
from pillarbox.store.people.accounts import update_account
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.store.rows import add_configuration_set

PAGE = f"/console/{ACCOUNT}/reputation"


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.VIEWER)


def counted(console, sent, bounces=0, complaints=0, *, account=ACCOUNT, domain="news.example"):
    tally = Tally(
        account_id=account,
        configuration_set="spring",
        sending_domain=domain,
        sent_from="192.0.2.1",
        accepted_at=NOW,
        volume=Volume(sent, bounces, complaints),
    )
    with console.store.transaction() as conn:
        add_tallies(conn, [tally])


async def test_an_account_without_mail_says_so(browser):
    page = (await browser.open(PAGE)).text
    assert "Nothing was ever held against it." in page
    assert "No domain has sent anything in 30 days." in page


async def test_status_reason_rates_and_thresholds_are_shown(console, browser):
    counted(console, 2000, 120, 0)
    with console.store.transaction() as conn:
        update_account(
            conn, ACCOUNT, {"enforcement": "PROBATION", "enforcement_reason": "6 of 100 bounced"}
        )
    page = (await browser.open(PAGE)).text
    assert "Under review" in page
    assert "6 of 100 bounced" in page
    assert "120, 6.00 %; under review from 5.00 %, paused from 10.00 %" in page
    assert page.count('<svg class="chart"') == 2


async def test_each_part_is_judged_by_its_own_rates(console, browser):
    with console.store.transaction() as conn:
        add_configuration_set(conn, "spring", account_id=ACCOUNT)
    counted(console, 5000)
    counted(console, 2000, 250, domain="bad.example")
    counted(console, 10, 5, domain="small.example")
    counted(console, 9000, account=OTHER, domain="foreign.example")
    page = (await browser.open(PAGE)).text
    assert "foreign.example" not in page
    states = {name: _row(page, name) for name in ("news", "bad", "small")}
    assert ">Fine<" in states["news"]
    assert ">Too high<" in states["bad"]
    assert "250 of 2000 recipients bounced" in states["bad"]
    assert ">Too little to judge<" in states["small"]
    assert "192.0.2.1" in page
    assert "scope=set&amp;name=spring" in page


async def test_a_parts_rates_are_shown_over_time(console, browser):
    counted(console, 5000)
    counted(console, 2000, 250, domain="bad.example")
    page = (await browser.open(f"{PAGE}?scope=domain&name=bad.example&span=week")).text
    assert "Bounce rate of bad.example, last 7 days" in page
    assert "12.50 %" in page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "span=month&amp;scope=domain&amp;name=bad.example" in page


@pytest.mark.parametrize("query", ["scope=x&name=a", "scope=domain", "scope=account&name=a"])
async def test_what_is_no_part_shows_the_account(browser, query):
    assert "Bounce rate of the account" in (await browser.open(f"{PAGE}?{query}")).text


def _row(page, name):
    return next(one for one in page.split("<tr>") if f">{name}.example</a>" in one)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"enforcement": "SHUTDOWN", "enforcement_reason": "most <bounced>"}, "SHUTDOWN:"),
        ({"enforcement": "PROBATION", "enforcement_reason": "many bounced"}, "PROBATION:"),
        ({"status": "suspended"}, "Suspended:"),
        ({"sending_enabled": False}, "Switched off:"),
    ],
    ids=["shutdown", "probation", "suspended", "off"],
)
async def test_what_holds_an_account_stands_above_each_of_its_pages(
    console, browser, changes, said
):
    for path in (PAGE, f"/console/{ACCOUNT}/templates", f"/console/{ACCOUNT}/nowhere/x"):
        assert said not in (await browser.open(path)).text
    with console.store.transaction() as conn:
        update_account(conn, ACCOUNT, changes)
    for path in (PAGE, f"/console/{ACCOUNT}/templates"):
        note = (await browser.open(path)).text.partition("</header>")[0]
        assert said in note
        assert "<bounced>" not in note
    assert said not in (await browser.open(f"/console/{OTHER}/templates")).text


async def test_a_paused_account_is_told_what_its_owners_switch_says(console, browser):
    for enabled, word in ((True, "on"), (False, "off")):
        with console.store.transaction() as conn:
            update_account(conn, ACCOUNT, {"enforcement": "SHUTDOWN", "sending_enabled": enabled})
        page = (await browser.open(PAGE)).text
        assert f"own switch is {word}." in page.partition("</header>")[0]
        assert f"paused by its reputation; its owner’s own switch is {word}" in page


async def test_the_owners_switch_is_turned_and_lifts_no_pause(console):
    browser = await console.signed_in(Role.OPERATOR)
    await browser.open(PAGE)
    answer = await browser.post(f"{PAGE}/sending", {})
    assert "Sending is switched off." in answer.text
    assert "Switched off:" in answer.text
    answer = await browser.post(f"{PAGE}/sending", {"sending": "on"})
    assert "Switched off:" not in answer.text
    with console.store.transaction() as conn:
        update_account(conn, ACCOUNT, {"enforcement": "SHUTDOWN", "sending_enabled": False})
    answer = await browser.post(f"{PAGE}/sending", {"sending": "on"})
    assert answer.status == 422
    assert 'id="sending-problem"' in answer.text


@pytest.mark.parametrize(
    ("query", "first"),
    [("", "news"), ("?sort=bounces", "bad"), ("?sort=recipients&order=asc", "few")],
    ids=["as-it-is", "bounces", "recipients"],
)
async def test_parts_are_sorted_by_volume_and_by_rate(console, browser, query, first):
    counted(console, 5000, 100)
    counted(console, 2000, 90, domain="bad.example")
    counted(console, 1000, 30, domain="few.example")
    page = (await browser.open(PAGE + query)).text
    parts = page[page.index("<h2>Sending domains</h2>") :]
    assert min(("news", "bad", "few"), key=lambda name: parts.index(f">{name}.example<")) == first
