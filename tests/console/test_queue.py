"""The queue and the suppression list in the console."""

import re

import pytest

from pillarbox.manage.people.audit import list_audit
from pillarbox.manage.recipients.suppression import get_suppressed, put_suppressed
from pillarbox.manage.seen.queue import list_lanes
from pillarbox.model.queue_filter import QueueFilter
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.store.rows import accepted, put

QUEUE, LIST = f"/console/{ACCOUNT}/queue", f"/console/{ACCOUNT}/suppression"


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


def queued(console, *recipients, account=ACCOUNT):
    """Accept a message to recipients that are not due yet."""
    with console.store.transaction() as conn:
        put(conn, accepted(*recipients, account=account))


def waiting(console, *, held=False):
    with console.store.engine.begin() as conn:
        found = list_lanes(conn, QueueFilter(account_id=ACCOUNT), held=held)
    return {one.domain: one.recipients for one in found}


async def test_what_waits_is_shown_by_destination_for_this_account_alone(console, browser):
    queued(console, "a@one.example", "b@one.example", "c@two.example")
    queued(console, "d@secret.example", account=OTHER)
    page = (await browser.open(QUEUE)).text
    assert "3 recipients wait" in page
    assert "one.example" in page
    assert "secret.example" not in page


async def test_a_destination_is_held_released_and_given_up(console, browser):
    queued(console, "a@one.example", "c@two.example")
    await browser.open(QUEUE)
    answer = await browser.post(f"{QUEUE}/one.example", {"what": "hold"})
    assert "1 recipients at one.example are set aside." in answer.text
    assert (waiting(console), waiting(console, held=True)) == (
        {"two.example": 1},
        {"one.example": 1},
    )
    await browser.post(f"{QUEUE}/one.example", {"what": "release"})
    assert waiting(console) == {"one.example": 1, "two.example": 1}
    assert (
        "Give up all mail to one.example?"
        in (await browser.open(f"{QUEUE}/one.example/cancel")).text
    )
    await browser.post(f"{QUEUE}/one.example/cancel")
    assert waiting(console) == {"two.example": 1}


@pytest.mark.parametrize("what", ["cancel", "x", ""])
async def test_giving_up_asks_first_and_nothing_else_is_done(console, browser, what):
    queued(console, "a@one.example")
    await browser.open(QUEUE)
    assert (await browser.post(f"{QUEUE}/one.example", {"what": what})).status == 422
    assert waiting(console) == {"one.example": 1}


async def test_an_empty_queue_says_so(browser):
    assert "Nothing waits" in (await browser.open(QUEUE)).text


async def test_addresses_are_suppressed_found_and_taken_off(console, browser):
    page = (await browser.open(LIST)).text
    assert "Nobody is suppressed" in page
    fields = {"new": "Bob@example.org", "new-reason": "COMPLAINT"}
    assert "Bob@example.org is sent nothing more." in (await browser.post(LIST, fields)).text
    with console.store.engine.begin() as conn:
        assert get_suppressed(conn, ACCOUNT, "Bob@example.org").reason == "COMPLAINT"
    assert "Nothing found" in (await browser.open(f"{LIST}?address=eve@example.org")).text
    assert "complaint" in (await browser.open(f"{LIST}?address=Bob@example.org")).text
    await browser.post(f"{LIST}/remove", {"address": "Bob@example.org"})
    assert "Nobody is suppressed" in (await browser.open(LIST)).text


async def test_what_is_no_address_is_told_beside_the_field(browser):
    await browser.open(LIST)
    answer = await browser.post(LIST, {"new": "nobody", "new-reason": "BOUNCE"})
    assert answer.status == 422
    assert 'id="new-problem"' in answer.text


async def test_the_list_pages(console, browser):
    with console.store.transaction() as conn:
        for number in range(60):
            address = f"n{number:02}@example.org"
            put_suppressed(conn, ACCOUNT, address, reason="BOUNCE", now=NOW)
    page = (await browser.open(LIST)).text
    assert "n49@" in page
    assert "n50@" not in page
    assert "Next page" in page


async def test_the_accounts_rule_is_saved(console, browser):
    await browser.open(LIST)
    await browser.post(f"{LIST}/rule", {"reason": "BOUNCE"})
    page = (await browser.open(LIST)).text
    assert 'id="rule-bounce" name="reason" value="BOUNCE" checked' in page
    assert 'id="rule-complaint" name="reason" value="COMPLAINT" checked' not in page


async def test_a_long_queue_is_counted_so_far_and_says_so(console, browser, monkeypatch):
    monkeypatch.setattr("pillarbox.console.pages.queue.MOST_COUNTED", 2)
    queued(console, "a@one.example", "b@one.example", "c@two.example")
    page = (await browser.open(QUEUE)).text
    assert "2 or more recipients wait" in page
    assert "pillarbox queue list" in page


async def test_many_recipients_are_changed_in_steps_that_say_how_many_are_done(
    console, browser, monkeypatch
):
    monkeypatch.setattr("pillarbox.manage.seen.queue.PORTION", 1)
    monkeypatch.setattr("pillarbox.console.steps.MOST_PORTIONS", 2)
    queued(console, *(f"{number}@one.example" for number in range(5)), "x@two.example")
    await browser.open(QUEUE)
    url, fields = f"{QUEUE}/one.example", {"what": "hold"}
    for done in (2, 4):
        page = (await browser.post(url, fields)).text
        assert f"{done} recipients at one.example are set aside." in page
        assert waiting(console)["one.example"] == 5 - done
        form = page[page.index("data-goes-on") :]
        fields = dict(re.findall(r'type="hidden" name="(what|done)" value="(\w+)"', form))
    answer = await browser.post(url, fields)
    assert "5 recipients at one.example are set aside." in answer.text
    assert browser.path == QUEUE
    assert waiting(console) == {"two.example": 1}
    with console.store.engine.begin() as conn:
        noted = [one.detail["recipients"] for one in list_audit(conn, account_id=ACCOUNT, limit=9)]
    assert sorted(noted) == [1, 2, 2]


async def test_giving_up_goes_on_where_it_began(console, browser, monkeypatch):
    monkeypatch.setattr("pillarbox.manage.seen.queue.PORTION", 1)
    monkeypatch.setattr("pillarbox.console.steps.MOST_PORTIONS", 1)
    queued(console, "a@one.example", "b@one.example")
    url = f"{QUEUE}/one.example/cancel"
    await browser.open(url)
    assert "1 recipients at one.example are given up." in (await browser.post(url)).text
    await browser.post(url, {"done": "1"})
    answer = await browser.post(url, {"done": "2"})
    assert "2 recipients at one.example are given up." in answer.text
    assert waiting(console) == {}


@pytest.mark.parametrize("done", ["-1", "x", "1" * 13, "²"])
async def test_what_no_step_said_is_not_counted(console, browser, done):
    queued(console, "a@one.example")
    await browser.open(QUEUE)
    answer = await browser.post(f"{QUEUE}/one.example", {"what": "hold", "done": done})
    assert "1 recipients at one.example are set aside." in answer.text


async def test_no_address_begins_or_goes_on_with_such_work(console, browser):
    queued(console, "a@one.example")
    assert (await browser.open(f"{QUEUE}/one.example?what=hold&done=1")).status in {404, 405}
    assert waiting(console) == {"one.example": 1}
