"""The audit log in the console: found by who, what and when."""

import html
import re

import pytest

from pillarbox.manage.people.audit import Actor, record_audit
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT, NOW

AUDIT = f"/console/{ACCOUNT}/audit"


@pytest.fixture
async def browser(console):
    with console.store.transaction() as conn:
        for days, action in ((2, "identity.delete"), (1, "topic.create"), (0, "topic.delete")):
            record_audit(
                conn,
                Actor(name="ada", via="cli"),
                now=NOW - days * 86_400_000,
                action=action,
                subject="x",
                account_id=ACCOUNT,
            )
    return await console.signed_in(Role.VIEWER)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"identity.delete", "topic.create", "topic.delete"}),
        ("action=topic.", {"topic.create", "topic.delete"}),
        ("actor=bob", set()),
        ("actor=%00ada", {"identity.delete", "topic.create", "topic.delete"}),
        ("since=2026-11-18T00:00", {"topic.delete"}),
        ("until=2026-11-17T00:00", {"identity.delete"}),
        ("since=2026-11-17T00:00&until=2026-11-18T00:00", {"topic.create"}),
    ],
    ids=["all", "action", "actor", "nul", "since", "until", "span"],
)
async def test_entries_are_found_by_who_what_and_when(browser, query, found):
    page = (await browser.open(f"{AUDIT}?{query}")).text
    assert {one for one in ("identity.delete", "topic.create", "topic.delete") if one in page} == (
        found
    )


async def test_a_time_that_is_none_is_told_beside_the_field(browser):
    answer = await browser.open(f"{AUDIT}?since=yesterday")
    assert answer.status == 422
    assert "Write a time as" in answer.text.partition('id="since-problem">')[2]
    assert "topic.create" not in answer.text
    assert "kept for 400 days" in answer.text


@pytest.mark.parametrize("way", ["asc", "desc"])
async def test_entries_come_in_both_orders_each_on_one_page(browser, monkeypatch, way):
    monkeypatch.setattr("pillarbox.console.pages.audit.PAGE_SIZE", 1)
    url, seen = f"{AUDIT}?sort=when&order={way}&actor=ada", []
    while url:
        page = (await browser.open(url)).text
        seen += re.findall(r"<td>((?:identity|topic)\.\w+)", page)
        following = re.search(r'<a href="([^"]*)" rel="next">', page)
        url = html.unescape(following[1]) if following else ""
    oldest = ["identity.delete", "topic.create", "topic.delete"]
    assert seen == (oldest if way == "asc" else oldest[::-1])


async def test_the_oldest_entries_of_a_span_come_first_when_they_are_asked_for(browser):
    page = (await browser.open(f"{AUDIT}?since=2026-11-17T00:00&sort=when&order=asc")).text
    assert re.findall(r"<td>((?:identity|topic)\.\w+)", page) == ["topic.create", "topic.delete"]
