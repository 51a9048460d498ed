"""The suppression list as CSV in the console: saved as a file, lines imported."""

import html

import pytest

from pillarbox.console.pages import suppression_transfer
from pillarbox.manage.people.audit import list_audit
from pillarbox.manage.recipients.suppression import put_suppressed
from pillarbox.model.user import Role
from pillarbox.store.lists.suppression import list_suppressed
from tests.console.conftest import ACCOUNT, NOW, OTHER

LIST = f"/console/{ACCOUNT}/suppression"


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


@pytest.fixture
def small_portions(monkeypatch):
    """Two addresses a portion, and each of them told."""
    monkeypatch.setattr(suppression_transfer, "PORTION", 2)
    monkeypatch.setattr("pillarbox.console.as_it_goes.EACH", 2)


def noted(console):
    """Give how many addresses the log says were imported, the last ones first."""
    with console.store.engine.begin() as conn:
        found = list_audit(conn, account_id=ACCOUNT, limit=9, action="suppression.import")
    return [one.detail["addresses"] for one in found]


def listed(console):
    with console.store.engine.begin() as conn:
        found = list_suppressed(conn, ACCOUNT, after="", limit=99, reasons=[])
    return [(one.address, one.reason) for one in found]


async def test_the_list_is_saved_over_all_pages_and_imported_again(console, browser, monkeypatch):
    monkeypatch.setattr("pillarbox.console.pages.suppression_transfer.PORTION", 2)
    with console.store.transaction() as conn:
        for name in ("a", "b", "c"):
            put_suppressed(conn, ACCOUNT, f"{name}@x.org", reason="COMPLAINT", now=NOW)
        put_suppressed(conn, OTHER, "other@x.org", reason="BOUNCE", now=NOW)
    answer = await browser.open(f"{LIST}/export.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="suppression.csv"'
    assert [line.partition(",")[0] for line in answer.text.splitlines()] == [
        "address",
        "a@x.org",
        "b@x.org",
        "c@x.org",
    ]
    before = listed(console)
    await browser.open(f"{LIST}/import")
    done = await browser.post(f"{LIST}/import", {"lines": answer.text, "reason": "BOUNCE"})
    assert "3 addresses are on the list." in done.text
    assert listed(console) == before


async def test_lines_are_imported_and_noted_once(console, browser):
    await browser.open(f"{LIST}/import")
    lines = "a@x.org\r\nb@x.org,COMPLAINT\r\n\r\n"
    await browser.post(f"{LIST}/import", {"lines": lines, "reason": "BOUNCE"})
    assert listed(console) == [("a@x.org", "BOUNCE"), ("b@x.org", "COMPLAINT")]
    assert noted(console) == [2]


async def test_bad_lines_are_told_and_nothing_is_imported_unless_they_are_skipped(console, browser):
    fields = {"lines": "a@x.org\n<nobody>\nb@x.org,SPAM", "reason": "BOUNCE"}
    await browser.open(f"{LIST}/import")
    answer = await browser.post(f"{LIST}/import", fields)
    assert answer.status == 422
    told = answer.text.partition('id="lines-problem">')[2].partition("</p>")[0]
    assert "line 2: no address: '<nobody>'; line 3: the reason is" in html.unescape(told)
    assert "<nobody>" not in answer.text
    assert listed(console) == []
    answer = await browser.post(f"{LIST}/import", fields | {"skip": "on"})
    assert "1 address is on the list. 2 lines were skipped: 2, 3." in answer.text
    assert listed(console) == [("a@x.org", "BOUNCE")]


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"lines": "\n\n"}, "lines"), ({"reason": "SPAM"}, "reason")],
    ids=["nothing", "reason"],
)
async def test_what_can_not_be_imported_is_told_beside_its_field(browser, fields, field):
    await browser.open(f"{LIST}/import")
    good = {"lines": "a@x.org", "reason": "BOUNCE"}
    answer = await browser.post(f"{LIST}/import", good | fields)
    assert answer.status == 422
    assert f'id="{field}-problem"' in answer.text


FIVE = {"lines": "\n".join(f"{name}@x.org" for name in "abcde"), "reason": "BOUNCE"}


async def test_a_long_import_says_how_far_it_is_and_notes_each_portion(
    console, browser, small_portions
):
    await browser.open(f"{LIST}/import")
    answer = await browser.post(f"{LIST}/import", FIVE)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    places = [
        answer.text.index(one)
        for one in (
            "0 of 5 addresses",
            "2 of 5 addresses",
            "4 of 5 addresses",
            ">5 addresses are on the list.<",
            "Back to the list",
            "</html>",
        )
    ]
    assert places == sorted(places)
    assert len(listed(console)) == 5
    assert noted(console) == [1, 2, 2]


async def test_what_was_imported_when_the_browser_left_stays_and_is_noted(
    console, browser, small_portions
):
    await browser.open(f"{LIST}/import")
    browser.leaves_at = "2 of 5"
    await browser.post(f"{LIST}/import", FIVE)
    assert [address for address, _ in listed(console)] == ["a@x.org", "b@x.org"]
    assert noted(console) == [2]


async def test_an_import_that_fails_on_its_way_says_how_far_it_came(
    console, browser, small_portions, monkeypatch
):
    put = suppression_transfer.put_many_suppressed

    def fail(conn, rows):
        put(conn, rows)
        if rows[0].address == "c@x.org":
            raise OSError("no space left")

    monkeypatch.setattr(suppression_transfer, "put_many_suppressed", fail)
    await browser.open(f"{LIST}/import")
    answer = await browser.post(f"{LIST}/import", FIVE)
    assert "2 of 5 addresses are on the list. It stopped there: the rest was not" in answer.text
    assert "space" not in answer.text
    assert len(listed(console)) == 2
    assert noted(console) == [2]


async def test_an_import_may_hold_more_than_other_forms(console, browser):
    lines = "a@x.org\n" + "x" * 3_000_000
    await browser.open(f"{LIST}/import")
    fields = {"lines": lines, "reason": "BOUNCE", "skip": "on"}
    answer = await browser.post(f"{LIST}/import", fields)
    assert "1 line was skipped: 2." in answer.text
    assert listed(console) == [("a@x.org", "BOUNCE")]
    answer = await browser.post(LIST, {"new": lines, "new-reason": "BOUNCE"})
    assert answer.status == 400
    assert "This form is too large." in answer.text


async def test_more_than_an_import_may_hold_is_told_and_not_sent_back(
    console, browser, monkeypatch
):
    monkeypatch.setattr(suppression_transfer, "MOST", 12)
    monkeypatch.setattr(suppression_transfer, "SHOWN_AGAIN", 12)
    await browser.open(f"{LIST}/import")
    answer = await browser.post(f"{LIST}/import", {"lines": "a@x.org\nb@x.org", "reason": "BOUNCE"})
    assert answer.status == 422
    assert "At most 12 bytes. Give the lines again." in answer.text
    assert "b@x.org" not in answer.text
    answer = await browser.post(f"{LIST}/import", {"lines": "a@x.org", "reason": "SPAM"})
    assert "a@x.org" in answer.text
    assert "Give the lines again." not in answer.text
    assert listed(console) == []
