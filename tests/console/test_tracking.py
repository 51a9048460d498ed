"""Tracking Settings: the steps of the Tencent document, as a form each."""

import pytest

from pillarbox.manage.tracking.settings import get_tracking_settings
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT
from tests.store.rows import add_identity

TRACKING = f"/console/{ACCOUNT}/tracking"


@pytest.fixture
async def browser(console):
    with console.store.transaction() as conn:
        for name in ("mail.example.com", "news.example.org"):
            add_identity(conn, name, account_id=ACCOUNT)
    return await console.signed_in(Role.OPERATOR)


def settings(console):
    with console.store.engine.begin() as conn:
        return get_tracking_settings(conn, ACCOUNT)


async def create(browser, prefix="track", primary="example.com"):
    await browser.open(f"{TRACKING}/domains/new")
    return await browser.post(f"{TRACKING}/domains", {"primary": primary, "prefix": prefix})


async def test_a_trace_domain_is_created_from_a_primary_domain_and_a_prefix(browser):
    page = (await browser.open(f"{TRACKING}/domains/new")).text
    assert '<option value="example.com"' in page
    assert '<option value="example.org"' in page
    answer = await create(browser)
    assert "track.example.com is created." in answer.text
    assert "Verify" in answer.text


@pytest.mark.parametrize("prefix", ["ab", "-abc", "abc-", "12345", "a_b", "a" * 64])
async def test_a_prefix_that_breaks_the_rule_is_told_beside_its_field(browser, prefix):
    answer = await create(browser, prefix)
    assert answer.status == 400 or answer.status == 422
    assert "The prefix must have 3 to 63 characters" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{prefix}"' in answer.text


async def test_a_primary_domain_that_is_not_verified_is_refused(browser):
    answer = await create(browser, primary="example.net")
    assert "not the primary domain of a verified sender domain" in answer.text


async def test_verify_says_what_was_found(browser):
    await create(browser)
    answer = await browser.post(f"{TRACKING}/domains/track.example.com/verify")
    assert "track.example.com is verified." in answer.text


async def test_tracking_is_enabled_edited_and_disabled(console, browser):
    await create(browser)
    page = (await browser.open(f"{TRACKING}/statistics")).text
    assert "Not Enabled" in page
    assert "Start setting" in page
    await browser.open(f"{TRACKING}/statistics/edit")
    chosen = {"enabled": "on", "dimension": "ACCOUNT", "host": "track.example.com", "opens": "on"}
    page = (await browser.post(f"{TRACKING}/statistics/edit", chosen)).text
    assert "Enabled" in page
    assert "track.example.com" in page
    account = settings(console).account
    assert (account.enabled, account.opens, account.clicks) == (True, True, False)
    page = (await browser.post(f"{TRACKING}/statistics/edit", {"dimension": "ACCOUNT"})).text
    assert "Not Enabled" in page
    assert not settings(console).account.enabled


async def test_at_least_one_of_clicks_and_opens_is_chosen(browser):
    await browser.open(f"{TRACKING}/statistics/edit")
    answer = await browser.post(
        f"{TRACKING}/statistics/edit", {"enabled": "on", "dimension": "ACCOUNT"}
    )
    assert answer.status == 422
    assert "Switch on at least one" in answer.text


async def test_a_sender_domain_has_its_own_setting_is_never_tracked_or_follows(console, browser):
    await browser.open(f"{TRACKING}/statistics/edit")
    chosen = {"enabled": "on", "dimension": "ACCOUNT_AND_DOMAIN", "clicks": "on"}
    page = (await browser.post(f"{TRACKING}/statistics/edit", chosen)).text
    assert "mail.example.com" in page
    one = f"{TRACKING}/statistics/domains/mail.example.com"
    await browser.open(one)
    await browser.post(one, {"kind": "own", "opens": "on"})
    assert settings(console).domains["mail.example.com"].opens
    await browser.post(one, {"kind": "never"})
    assert not settings(console).domains["mail.example.com"].enabled
    await browser.post(one, {"kind": "follow"})
    assert settings(console).domains == {}


async def test_a_trace_domain_in_use_is_not_deleted(browser):
    await create(browser)
    await browser.open(f"{TRACKING}/statistics/edit")
    chosen = {"enabled": "on", "dimension": "ACCOUNT", "host": "track.example.com", "opens": "on"}
    await browser.post(f"{TRACKING}/statistics/edit", chosen)
    one = f"{TRACKING}/domains/track.example.com/delete"
    assert "Delete track.example.com?" in (await browser.open(one)).text
    answer = await browser.post(one)
    assert "is in use by the tracking setting of the account" in answer.text


async def test_a_change_of_tracking_is_in_the_audit_log(browser):
    await create(browser)
    page = (await browser.open(f"/console/{ACCOUNT}/audit")).text
    assert "trace-domain.create" in page
    assert "operator" in page
