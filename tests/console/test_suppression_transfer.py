"""The suppression list as CSV in the console: saved as a file, lines imported."""

import html

import pytest

from pillarbox.manage.people.audit import list_audit
from pillarbox.manage.recipients.suppression import put_suppressed
from pillarbox.model.user import Role
from pillarbox.store.suppression import list_suppressed
from tests.console.conftest import ACCOUNT, NOW, OTHER

LIST = f"/console/{ACCOUNT}/suppression"


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


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
    with console.store.engine.begin() as conn:
        (entry,) = list_audit(conn, account_id=ACCOUNT, limit=9, action="suppression.")
    assert (entry.action, entry.detail) == ("suppression.import", {"addresses": 2})


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
    assert "2 lines were skipped." in answer.text
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
