"""Unproven reports in the console."""

import pytest

from pillarbox.base.ids import uuid7, uuid_text
from pillarbox.model.kept_report import KeptReport, ReportClaims
from pillarbox.model.user import Role
from pillarbox.store.coming_back.kept_reports import insert_kept
from tests.console.conftest import ACCOUNT, NOW

REPORTS = "/console/reports"


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


def keep(console, number=0, content=b"Subject: <b>x</b>\r\n\r\n\x1b[31mred"):
    new = KeptReport(
        id=uuid7(NOW + number),
        kind="bounce",
        sender="",
        sent_to=("bounces@pillarbox.test",),
        claims=ReportClaims(recipients=(f"n{number}@example.org",), status="5.1.1"),
        size=len(content) + 10,
        content=content,
    )
    with console.store.transaction() as conn:
        insert_kept(conn, new)
    return uuid_text(new.id)


async def test_without_reports_the_page_says_what_they_are(browser):
    assert "No report is kept" in (await browser.open(REPORTS)).text


async def test_a_report_is_shown_with_its_claims_and_its_source_as_text(console, browser):
    report = keep(console)
    assert "n0@example.org" in (await browser.open(REPORTS)).text
    page = (await browser.open(f"{REPORTS}/{report}")).text
    assert "5.1.1" in page
    assert "Subject: &lt;b&gt;x&lt;/b&gt;" in page
    assert "\x1b" not in page
    assert "are kept." in page


async def test_the_newest_come_first_by_page(console, browser):
    for number in range(51):
        keep(console, number)
    page = (await browser.open(REPORTS)).text
    assert "n50@" in page
    assert "n0@" not in page
    following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert "n0@" in (await browser.open(following)).text


async def test_what_is_not_kept_is_not_there(browser):
    for name in ("x", uuid_text(uuid7(NOW))):
        assert (await browser.open(f"{REPORTS}/{name}")).status == 404


async def test_they_belong_to_no_account_so_that_its_users_do_not_see_them(console):
    browser = await console.signed_in(Role.ADMIN, account_id=ACCOUNT)
    assert (await browser.open(REPORTS)).status == 403
