"""Identities in the console: added, looked at with what DNS says, set, deleted."""

import re
from dataclasses import replace

import pytest

from pillarbox.base.resolver import Answer
from pillarbox.console.console import open_console
from pillarbox.model.user import Role
from pillarbox.store.identity.identities import TokenRow, find_identity
from tests.console.conftest import ACCOUNT, NOW
from tests.store.rows import add_identity

IDENTITIES = f"/console/{ACCOUNT}/identities"


class Zone:
    """DNS as a table: (name, type) to records; nothing else exists."""

    def __init__(self, **records):
        self.records = records

    async def query(self, name, rdtype, **_how):
        found = self.records.get(f"{rdtype} {name.rstrip('.')}")
        return Answer("ok", tuple(found)) if found else Answer("nodata")


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


def delivering(console, zone):
    """Let the console ask DNS, as outside capture mode."""
    settings = replace(
        console.services.settings, deliver=replace(console.services.settings.deliver, mode="direct")
    )
    console.services = replace(console.services, settings=settings, resolver=zone)
    console.app = open_console(console.services)


def row(console, name):
    with console.store.engine.begin() as conn:
        return find_identity(conn, ACCOUNT, name)


async def test_a_domain_is_added_and_shown_with_the_records_to_set(console):
    async def tokens(bits):
        return [
            TokenRow(
                token=f"token{number}",
                private_key_sealed=b"sealed",
                public_key="v=DKIM1; p=x",
                key_bits=bits,
            )
            for number in range(3)
        ]

    console.services = replace(console.services, new_tokens=tokens)
    console.app = open_console(console.services)
    browser = await console.signed_in(Role.OPERATOR)
    await browser.open(f"{IDENTITIES}/new")
    answer = await browser.post(IDENTITIES, {"name": "Example.COM"})
    assert answer.status == 200
    assert browser.path == f"{IDENTITIES}/example.com"
    for number in range(3):
        assert f"token{number}._domainkey.example.com" in answer.text
    zone = await browser.open(f"{IDENTITIES}/example.com/zone")
    assert zone.text.count(" IN CNAME ") == 3
    assert zone.headers["content-disposition"] == "attachment; filename*=UTF-8''example.com.zone"


@pytest.mark.parametrize("name", ["", "no domain", "a@b@c", "<script>"])
async def test_what_is_no_identity_is_told_beside_the_field(browser, name):
    await browser.open(f"{IDENTITIES}/new")
    answer = await browser.post(IDENTITIES, {"name": name})
    assert answer.status in {400, 422}
    assert 'aria-invalid="true"' in answer.text
    assert "<script>" not in answer.text


async def test_each_record_says_whether_dns_has_it(console):
    with console.store.transaction() as conn:
        add_identity(
            conn,
            "example.com",
            account_id=ACCOUNT,
            mail_from_domain="bounce.example.com",
            mail_from_status="PENDING",
        )
    delivering(console, Zone(**{"MX bounce.example.com": ["10 mx.elsewhere.example."]}))
    browser = await console.signed_in(Role.VIEWER)
    page = (await browser.open(f"{IDENTITIES}/example.com")).text
    assert "Different" in page
    assert "10 mx.elsewhere.example." in page
    assert "Missing" in page


async def test_check_now_keeps_what_dns_says(console):
    with console.store.transaction() as conn:
        add_identity(
            conn,
            "example.com",
            account_id=ACCOUNT,
            mail_from_domain="bounce.example.com",
            mail_from_status="PENDING",
            mail_from_started_at=NOW,
            mail_from_checks=0,
        )
    names = console.services.names
    records = {
        "MX bounce.example.com": [f"10 {names.feedback_host}."],
        "TXT bounce.example.com": [f"v=spf1 include:{names.spf_include} ~all"],
    }
    delivering(console, Zone(**records))
    browser = await console.signed_in(Role.OPERATOR)
    await browser.open(f"{IDENTITIES}/example.com")
    answer = await browser.post(f"{IDENTITIES}/example.com/check")
    assert "DNS was asked now." in answer.text
    assert row(console, "example.com").mail_from_status == "SUCCESS"


async def test_settings_of_an_identity_are_saved(console, browser):
    with console.store.transaction() as conn:
        add_identity(conn, "example.com", account_id=ACCOUNT)
    one = f"{IDENTITIES}/example.com"
    await browser.open(one)
    await browser.post(f"{one}/feedback", {})
    assert not row(console, "example.com").feedback_forwarding
    fields = {"mail_from": "bounce.example.com", "behavior": "REJECT_MESSAGE"}
    await browser.post(f"{one}/mail-from", fields)
    found = row(console, "example.com")
    assert (found.mail_from_domain, found.mail_from_behavior) == (
        "bounce.example.com",
        "REJECT_MESSAGE",
    )
    answer = await browser.post(f"{one}/mail-from", fields | {"mail_from": "other.example"})
    assert "is not subdomain" in answer.text
    answer = await browser.post(f"{one}/set", {"set": "nowhere"})
    assert "nowhere" in answer.text
    assert answer.status == 422


async def test_an_identity_is_deleted_after_asking_once(console, browser):
    with console.store.transaction() as conn:
        add_identity(conn, "example.com", account_id=ACCOUNT)
    page = await browser.open(f"{IDENTITIES}/example.com/delete")
    assert "Delete example.com?" in page.text
    await browser.post(f"{IDENTITIES}/example.com/delete")
    assert row(console, "example.com") is None


async def test_the_list_pages_and_filters(console, browser):
    with console.store.transaction() as conn:
        for number in range(60):
            add_identity(conn, f"d{number:02}.example", account_id=ACCOUNT)
    page = (await browser.open(IDENTITIES)).text
    assert "d49.example" in page
    assert "d50.example" not in page
    following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    page = (await browser.open(following.replace("&amp;", "&"))).text
    assert "d59.example" in page
    assert "Back to the start" in page
    page = (await browser.open(f"{IDENTITIES}?name=d33")).text
    assert "d33.example" in page
    assert "d34.example" not in page


async def test_an_account_without_identities_says_what_to_do(browser):
    assert "No identities yet" in (await browser.open(IDENTITIES)).text


async def test_an_identity_that_is_not_there_is_not_found(browser):
    assert (await browser.open(f"{IDENTITIES}/nowhere.example")).status == 404


async def test_a_form_that_is_wrong_leaves_the_boxes_of_the_other_forms_ticked(console, browser):
    with console.store.transaction() as conn:
        add_identity(conn, "boxes.example")
    await browser.open(IDENTITIES)
    answer = await browser.post(f"{IDENTITIES}/boxes.example/mail-from", {"mail_from": "x"})
    assert answer.status == 422
    signing = re.search(r'<input type="checkbox" id="signing"[^>]*>', answer.text)
    assert "checked" in signing[0]
    assert "Error: boxes.example" in answer.text


async def test_a_box_that_was_unticked_is_shown_so_when_its_form_comes_back(browser):
    await browser.open(IDENTITIES)
    fields = {"boxes": "reputation", "name": ""}
    answer = await browser.post(f"/console/{ACCOUNT}/sets", fields)
    assert answer.status == 422
    box = re.search(r'<input type="checkbox" id="reputation"[^>]*>', answer.text)
    assert "checked" not in box[0]
