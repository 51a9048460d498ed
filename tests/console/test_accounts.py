"""Accounts, as administrators of everything make, limit and stop them."""

import pytest

from pillarbox.manage.people.accounts import create_account, set_account
from pillarbox.model.user import Role
from pillarbox.store.people.accounts import find_account
from tests.console.conftest import ACCOUNT, NOW

LIST, ONE = "/console/accounts", f"/console/accounts/{ACCOUNT}"
LIMITS = {"name": "First", "access": "production", "max_24h": "", "max_rate": ""}


@pytest.fixture
async def browser(console):
    browser = await console.signed_in(Role.ADMIN)
    await browser.open(LIST)
    return browser


def read(console, account_id=ACCOUNT):
    with console.store.engine.begin() as conn:
        return find_account(conn, account_id)


async def test_an_account_is_made_with_an_id_or_a_random_one(console, browser):
    new = {"name": "Shop", "id": "333333333333", "access": "sandbox"}
    answer = await browser.post(LIST, new)
    assert "Shop is made. Its id is 333333333333." in answer.text
    made = read(console, "333333333333")
    assert (made.production, made.max_24h) == (False, 200)
    await browser.post(LIST, {"name": "Other", "id": "", "access": "production"})
    assert read(console, browser.path.rpartition("/")[2]).name == "Other"


async def test_what_is_wrong_with_a_new_one_stands_beside_its_field(browser):
    wrong = (("id", "12"), ("id", ACCOUNT), ("name", ""), ("name", "x" * 101), ("access", "all"))
    for field, value in wrong:
        new = {"name": "Shop", "id": "", "access": "production"} | {field: value}
        answer = await browser.post(LIST, new)
        assert answer.status == 422
        assert f'id="{field}-problem"' in answer.text


async def test_limits_are_set_and_taken_away(console, browser):
    given = {"max_24h": "12,345,678", "max_rate": "2.5", "access": "sandbox", "name": "Second"}
    assert "Saved." in (await browser.post(f"{ONE}/limits", LIMITS | given)).text
    one = read(console)
    assert (one.name, one.production, one.max_24h, one.max_rate) == (
        "Second",
        False,
        12_345_678,
        2.5,
    )
    assert 'value="12345678"' in (await browser.open(ONE)).text
    await browser.post(f"{ONE}/limits", LIMITS)
    one = read(console)
    assert (one.name, one.production, one.max_24h, one.max_rate) == ("First", True, -1, 0)


@pytest.mark.parametrize("field", ["max_24h", "max_rate"])
async def test_limits_that_are_none_are_told_beside_the_field(console, browser, field):
    for value in ("-2", "many", "nan", "1e13"):
        answer = await browser.post(f"{ONE}/limits", LIMITS | {"name": "New", field: value})
        assert answer.status == 422
        assert f'id="{field}-problem"' in answer.text
    assert read(console).name == "First"


@pytest.mark.parametrize(
    ("what", "status"),
    [("suspend", "suspended"), ("restrict", "restricted"), ("close", "closed")],
)
async def test_stopping_is_asked_once_and_undone(console, browser, what, status):
    assert "First?" in (await browser.open(f"{ONE}/{what}")).text
    assert read(console).status == "active"
    await browser.post(f"{ONE}/{what}")
    assert read(console).status == status
    assert status.capitalize() in (await browser.open(LIST)).text
    answer = await browser.post(f"{ONE}/restore")
    assert "First may send." in answer.text
    assert (read(console).status, read(console).reputation_from) == ("active", NOW)


async def test_there_is_no_other_way_of_stopping(browser):
    assert (await browser.open(f"{ONE}/delete")).status == 404
    assert (await browser.post(f"{ONE}/delete")).status == 404


async def test_changes_are_in_the_accounts_audit_log(browser):
    await browser.post(f"{ONE}/suspend")
    assert "account.suspend" in (await browser.open(f"/console/{ACCOUNT}/audit")).text


async def test_the_list_is_found_in_and_paged(console, browser):
    with console.store.transaction() as conn:
        for number in range(60):
            account_id = f"4000000000{number:02}"
            create_account(
                conn, now=NOW, account_id=account_id, name=f"n{number:02}", production=True
            )
        set_account(conn, "400000000007", {"max_24h": 77.0}, now=NOW)
    page = (await browser.open(LIST)).text
    assert "Next page" in page
    assert "n59" not in _table(page)
    assert "n59" in _table((await browser.open(f"{LIST}?name=n59")).text)
    assert "Nothing found" in (await browser.open(f"{LIST}?name=nobody")).text
    assert (await browser.open(f"{LIST}?after=x")).status == 404


def _table(page):
    return page.partition("<tbody>")[2]
