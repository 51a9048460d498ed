"""Every route keeps out who may not, forms of other sites, other host names; headers are set."""

import re

import pytest

from pillarbox.console.pages import PAGES
from pillarbox.console.protection import host_name, is_own_origin
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT, OTHER

#: What a path's variables are in these tests; what is named need not exist.
LABELS = {"account": ACCOUNT}


def path_of(page):
    return "/console" + re.sub(r"\{(\w+)(:\w+)?\}", lambda m: LABELS.get(m[1], "00ff"), page.path)


async def visit(browser, page, **given):
    """Go to a page, or send its form, without following where it leads."""
    if page.method == "GET":
        return await browser.open(path_of(page), follow=False)
    return await browser.post(path_of(page), {"name": "x"}, follow=False, **given)


async def statuses(browser, pages, **given):
    """Give the status of each page, by method and path."""
    return {
        f"{one.method} {one.path}": (await visit(browser, one, **given)).status for one in pages
    }


def all_are(found, status):
    return found == dict.fromkeys(found, status)


async def test_no_page_of_people_answers_who_is_not_signed_in(console):
    browser = console.visitor()
    for method, status in (("GET", 303), ("POST", 403)):
        pages = [one for one in PAGES if one.role is not None and one.method == method]
        assert all_are(await statuses(browser, pages), status)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_a_role_below_the_needed_one_is_refused(console, role):
    browser = await console.signed_in(Role(role - 1))
    await browser.open("/console/me")
    assert all_are(await statuses(browser, [one for one in PAGES if one.role is role]), 403)


async def test_a_user_of_one_account_is_kept_from_the_deployment(console):
    browser = await console.signed_in(Role.ADMIN, account_id=ACCOUNT)
    await browser.open("/console/me")
    assert all_are(await statuses(browser, [one for one in PAGES if one.everywhere]), 403)


async def test_every_page_of_no_account_that_changes_things_is_for_who_sees_all(console):
    """But for one's own account, of course."""
    own = ("/me", "/sign-")
    assert all(
        one.everywhere or one.path.startswith(own)
        for one in PAGES
        if one.role and one.method == "POST" and "{account}" not in one.path
    )


async def test_a_user_of_one_account_sees_no_other(console):
    browser = await console.signed_in(Role.ADMIN, account_id=ACCOUNT)
    assert (await browser.open(f"/console/{ACCOUNT}")).status == 200
    assert (await browser.open(f"/console/{OTHER}")).status == 404


@pytest.mark.parametrize(
    "given",
    [
        {"csrf": ""},
        {"csrf": "0" * 64},
        {"origin": "https://evil.example"},
        {"sec_fetch_site": "cross-site"},
    ],
)
async def test_no_form_is_taken_without_its_token_or_from_another_site(console, given):
    browser = await console.signed_in(Role.ADMIN)
    await browser.open("/console/me")
    forms = [one for one in PAGES if one.method == "POST" and one.role]
    assert all_are(await statuses(browser, forms, **given), 403)


async def test_signing_in_takes_no_form_of_another_site(console):
    for origin in ("https://evil.example", None):
        answer = await console.visitor().post("/console/sign-in", {"name": "x"}, origin=origin)
        assert answer.status == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", ""])
async def test_the_console_answers_by_its_own_names_alone(console, host):
    answer = await console.visitor(host).open("/console/sign-in")
    assert answer.status == 421


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/nowhere", "/console/me"])
async def test_every_answer_forbids_scripts_frames_and_keeping(console, path):
    headers = (await console.visitor().open(path, follow=False)).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


async def test_names_that_people_choose_are_text_on_every_page(console):
    evil = '"><script>alert(1)</script>'
    browser = await console.signed_in(Role.ADMIN, name=evil)
    for path in (
        "/console/me",
        "/console/users",
        "/console/audit",
        "/console/audit?actor=" + "%3Cb",
    ):
        text = (await browser.open(path)).text
        assert "<script>alert" not in text
        assert "<b" not in text.split("<body>")[1].replace("<button", "").replace("<br", "")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("identities/%00", 404),
        ("templates/one/a%00b", 404),
        ("identities?name=%00abc", 200),
        ("suppression?address=%00", 200),
        ("suppression?address=a%00b@x.org", 200),
        ("reputation?scope=set&name=%00", 200),
        ("segments/recipient?address=%00", 200),
        ("audit?actor=%00", 200),
    ],
)
async def test_nul_in_an_address_is_no_failure_of_ours(console, path, status):
    browser = await console.signed_in(Role.VIEWER)
    assert (await browser.open(f"/console/{ACCOUNT}/{path}")).status == status


@pytest.mark.parametrize(
    ("host", "name"),
    [("Mail.Example:8025", "mail.example"), ("[::1]:80", "::1"), ("[::1]", "::1"), ("a.", "a")],
)
def test_a_host_header_is_a_name_with_or_without_a_port(host, name):
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("headers", "strict", "own"),
    [
        ({"origin": "http://a:1", "host": "a:1"}, True, True),
        ({"origin": "http://a:2", "host": "a:1"}, True, False),
        ({"origin": "null", "host": "a:1"}, False, False),
        ({"host": "a"}, True, False),
        ({"host": "a"}, False, True),
        ({"host": "a", "sec-fetch-site": "same-origin"}, True, True),
        ({"host": "a", "sec-fetch-site": "same-site"}, False, False),
    ],
)
def test_an_own_origin_is_ours_to_the_port(headers, strict, own):
    assert is_own_origin(headers, strict=strict) is own
