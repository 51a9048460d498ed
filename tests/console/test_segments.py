"""Segments in the console: counted, written, tried, listed, exported; what is known of one."""

import csv
import html
import io
import json

import pytest
from sqlalchemy import insert

from pillarbox.manage.paging import Paging
from pillarbox.manage.recipients import segment_pages
from pillarbox.manage.recipients import segments as manage
from pillarbox.manage.recipients.segments import Members
from pillarbox.model.engagement import KINDS
from pillarbox.model.segment import Segment
from pillarbox.model.user import Role
from pillarbox.store.tables import engagement, engagement_attributes
from tests.console.conftest import ACCOUNT, NOW, OTHER

SEGMENTS = f"/console/{ACCOUNT}/segments"
APP = "0123456789abcdef0123456789abcdef"
ONE = f"{SEGMENTS}/one/{APP}/idle"
RULE = "never opened after 5 sends"


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


def know(console, *people, account_id=ACCOUNT):
    """Keep recipients: (address, sent, opened)."""
    nothing = {name: 0 for kind in KINDS for name in (kind, f"{kind}_at")}
    rows = [
        nothing
        | {
            "account_id": account_id,
            "application": APP,
            "folded": address.lower(),
            "address": address,
            "since": NOW,
            "sent": sent,
            "sent_at": NOW,
            "opened": opened,
            "opened_at": NOW * opened,
        }
        for address, sent, opened in people
    ]
    with console.store.transaction() as conn:
        conn.execute(insert(engagement), rows)


def know_three(console):
    know(console, ("Ann@x.org", 3, 1), ("bob@x.org", 5, 0), ("=1+1@x.org", 1, 0))
    with console.store.transaction() as conn:
        where = {"account_id": ACCOUNT, "application": APP, "folded": "ann@x.org"}
        tag = where | {"name": "plan", "value": "go<ld", "at": NOW}
        conn.execute(insert(engagement_attributes).values(tag))


def save(console, name="idle", rule=RULE, account_id=ACCOUNT):
    with console.store.transaction() as conn:
        new = Segment(application=APP, name=name, rule=rule, created_at=NOW)
        manage.create_segment(conn, account_id, new)


async def test_where_nothing_is_known_the_page_says_what_to_do(browser):
    for path in (SEGMENTS, f"{SEGMENTS}/new"):
        assert "Nothing is known of any recipient yet" in (await browser.open(path)).text


async def test_a_segment_is_tried_saved_changed_and_deleted(console, browser):
    know_three(console)
    await browser.open(f"{SEGMENTS}/new")
    fields = {"application": APP, "name": "idle", "rule": RULE}
    assert "Now it holds for 1 recipients" in (await browser.post(f"{SEGMENTS}/try", fields)).text
    answer = await browser.post(SEGMENTS, fields)
    assert browser.path == ONE
    assert "bob@x.org" in answer.text
    assert "Ann@x.org" not in answer.text
    await browser.open(f"{ONE}/edit")
    assert "holds for 2" in (await browser.post(f"{ONE}/try", {"rule": "not opened"})).text
    assert "bob@x.org" in (await browser.open(ONE)).text
    answer = await browser.post(f"{ONE}/edit", {"rule": "opened"})
    assert "Ann@x.org" in answer.text
    assert "plan: go&lt;ld" in answer.text
    assert "Delete idle?" in (await browser.open(f"{ONE}/delete")).text
    await browser.post(f"{ONE}/delete")
    assert (await browser.open(ONE)).status == 404


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"rule": "opened in 30 weeks"}, "rule", "weeks stands where"),
        ({"rule": ""}, "rule", "No rule"),
        ({"name": "a b"}, "name", "A segment's name has"),
        ({"name": ".."}, "name", "A segment's name has"),
        ({"application": "other"}, "application", "Choose one."),
    ],
    ids=["rule", "no-rule", "name", "dots", "application"],
)
async def test_what_is_wrong_stands_beside_its_field(console, browser, fields, field, words):
    know_three(console)
    await browser.open(f"{SEGMENTS}/new")
    good = {"application": APP, "name": "idle", "rule": RULE}
    answer = await browser.post(SEGMENTS, good | fields)
    assert answer.status == 422
    problem = answer.text.partition(f'id="{field}-problem">')[2].partition("</p>")[0]
    assert words in html.unescape(problem)


async def test_the_list_has_a_count_for_each_and_for_everybody(console, browser):
    know_three(console)
    save(console)
    save(console, "gold", "attribute plan and opened")
    page = (await browser.open(SEGMENTS)).text
    table = page.partition("<tbody>")[2]
    lines = [html.unescape(one) for one in table.split("<tr>")[1:]]
    assert [one.partition('<td class="number">')[2].partition("<")[0] for one in lines] == [
        "3",
        "1",
        "1",
    ]
    assert "gold" in lines[1]
    assert RULE in lines[2]


async def test_the_list_pages(console, browser):
    know_three(console)
    for number in range(21):
        save(console, f"s{number:02}")
    page = (await browser.open(SEGMENTS)).text
    assert "s19" in page
    assert "s20" not in page
    following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert "s20" in (await browser.open(html.unescape(following))).text


async def test_members_page_by_address(console, browser):
    know(console, *((f"p{number:02}@x.org", 5, 0) for number in range(51)))
    save(console)
    for base in (ONE, f"{SEGMENTS}/everybody/{APP}"):
        page = (await browser.open(base)).text
        assert "p49@x.org" in page
        assert "p50@x.org" not in page
        following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        assert "p50@x.org" in (await browser.open(html.unescape(following))).text
        assert "<dd>51" in (await browser.open(f"{base}?count=all")).text


def test_a_page_looks_at_a_portion_and_goes_on_behind_it(console):
    know(console, ("a@x.org", 1, 0), ("b@x.org", 1, 0), ("c@x.org", 1, 1))
    save(console, "opened", "opened")
    of = Members(account_id=ACCOUNT, application=APP, rule=manage.read_rule("opened"), now=NOW)
    paging = Paging(b"k" * 32, ACCOUNT, "members")
    with console.store.engine.begin() as conn:
        first = segment_pages.page_of_members(conn, paging, of, token=None, size=5, portion=2)
        assert first.items == ()
        second = segment_pages.page_of_members(
            conn, paging, of, token=first.next_token, size=5, portion=2
        )
        counted = segment_pages.count_some(conn, of, portion=2)
        listed = segment_pages.list_counted(
            conn, paging, APP, token=None, size=5, now=NOW, portion=2
        )
    assert [one.address for one in second.items] == ["c@x.org"]
    assert second.next_token is None
    assert (counted.number, counted.whole) == (0, False)
    assert (listed.everybody.number, listed.everybody.whole) == (2, False)


async def test_recipients_are_exported_over_all_pages(console, browser, monkeypatch):
    monkeypatch.setattr("pillarbox.console.pages.segment_members.EXPORTED", 1)
    know_three(console)
    save(console, rule="not opened")
    answer = await browser.open(f"{ONE}/export.csv")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''idle.csv"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [one["address"] for one in rows] == ["'=1+1@x.org", "bob@x.org"]
    answer = await browser.open(f"{SEGMENTS}/everybody/{APP}/export.jsonl")
    lines = [json.loads(one) for one in answer.text.splitlines()]
    assert [one["address"] for one in lines] == ["=1+1@x.org", "Ann@x.org", "bob@x.org"]
    assert (await browser.open(f"{ONE}/export.xlsx")).status == 404


async def test_a_recipient_is_looked_up_and_forgotten(console, browser):
    know_three(console)
    one = f"{SEGMENTS}/recipient"
    page = (await browser.open(f"{one}?address=ann@X.org")).text
    assert "plan: go&lt;ld" in page
    assert APP in page
    assert "Nothing is known" in (await browser.open(f"{one}?address=nobody@x.org")).text
    assert "Forget" in (await browser.open(f"{one}/forget?address=ann@x.org")).text
    await browser.post(f"{one}/forget?address=ann@x.org")
    assert "Nothing is known" in (await browser.open(f"{one}?address=ann@x.org")).text


async def test_segments_and_recipients_of_another_account_are_not_there(console, browser):
    know(console, ("ann@x.org", 1, 1), account_id=OTHER)
    save(console, account_id=OTHER)
    for path in (ONE, f"{ONE}/edit", f"{ONE}/export.csv"):
        assert (await browser.open(path)).status == 404
    assert (
        "Nothing is known" in (await browser.open(f"{SEGMENTS}/recipient?address=ann@x.org")).text
    )
    assert "ann@x.org" not in (await browser.open(f"{SEGMENTS}/everybody/{APP}/export.csv")).text


async def test_a_viewer_looks_and_changes_nothing(console):
    know_three(console)
    save(console)
    browser = await console.signed_in(Role.VIEWER)
    page = (await browser.open(ONE)).text
    assert "bob@x.org" in page
    assert "/delete" not in page
    assert (await browser.open(f"{ONE}/edit")).status == 403
