"""Signing in: first run, wrong guesses, one-time codes, sessions, and what cookies are like."""

import pyotp
import pytest

from pillarbox.console.pages.first_run import first_run_token
from pillarbox.manage.signing_in import IDLE_MS, LONGEST_MS, NAME_FAILURES, WINDOW_MS
from pillarbox.model.user import Role
from tests.console.conftest import PASSWORD

SIGN_IN = "/console/sign-in"


def first_run(console):
    return f"/console/first-run?token={first_run_token(console.services.sealer)}"


async def test_the_link_that_serve_prints_makes_the_first_user_once(console):
    browser = console.visitor()
    answer = await browser.post(
        first_run(console), {"name": "Ada", "password": PASSWORD, "again": PASSWORD}
    )
    assert answer.status == 200
    assert "Ada" in (await browser.open("/console/me")).text
    assert (await console.visitor().open(first_run(console))).status == 410
    assert (await console.visitor().open("/console/first-run?token=x")).status == 404


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"name": " ", "password": PASSWORD, "again": PASSWORD}, "Give a name."),
        ({"name": "Ada", "password": "short", "again": "short"}, "at least 10 characters"),
        ({"name": "Ada", "password": PASSWORD, "again": "x"}, "not the same password"),
        ({"name": "Ada", "password": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa"}, "too easy"),
    ],
)
async def test_a_form_that_is_wrong_is_shown_again_with_what_is_wrong(console, fields, text):
    answer = await console.visitor().post(first_run(console), fields)
    assert answer.status in {400, 422}
    assert text in answer.text
    assert PASSWORD not in answer.text


async def test_a_page_leads_to_the_sign_in_and_on_from_there(console):
    console.make_user("ada")
    browser = console.visitor()
    answer = await browser.open("/console/users", follow=False)
    assert answer.headers["location"] == f"{SIGN_IN}?to=/console/users"
    await browser.post(SIGN_IN, {"name": "ADA", "password": PASSWORD, "to": "/console/users"})
    assert browser.path == "/console/users"


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/console//evil.example", "/console/\\evil"]
)
async def test_signing_in_leads_to_no_other_site(console, to):
    console.make_user("ada")
    answer = await console.visitor().post(
        SIGN_IN, {"name": "ada", "password": PASSWORD, "to": to}, follow=False
    )
    assert answer.headers["location"] == "/console"


async def test_a_wrong_name_and_a_wrong_password_are_told_apart_by_nothing(console):
    console.make_user("ada")
    known = await console.visitor().post(SIGN_IN, {"name": "ada", "password": "x"})
    unknown = await console.visitor().post(SIGN_IN, {"name": "bob", "password": "x"})
    assert known.status == unknown.status == 401
    assert known.text.replace("ada", "bob") == unknown.text


async def test_who_fails_too_often_waits_and_then_may_again(console):
    console.make_user("ada")
    for _ in range(NAME_FAILURES):
        await console.visitor().post(SIGN_IN, {"name": "ada", "password": "x"})
    right = {"name": "ada", "password": PASSWORD}
    assert (await console.visitor().post(SIGN_IN, right)).status == 429
    console.clock[0] += WINDOW_MS + 60_000
    assert (await console.visitor().post(SIGN_IN, right)).status == 200


async def test_a_one_time_code_is_asked_for_and_works_once(console):
    browser = await console.signed_in(name="ada")
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).at(console.clock[0] // 1000)
    assert (await browser.post("/console/me/codes", {"secret": secret, "code": "1"})).status == 422
    await browser.open("/console/me")
    await browser.post("/console/me/codes", {"secret": secret, "code": code})
    for given in ("", code):
        fields = {"name": "ada", "password": PASSWORD, "code": given}
        assert (await console.visitor().post(SIGN_IN, fields)).status == 401
    console.clock[0] += 60_000
    fields["code"] = pyotp.TOTP(secret).at(console.clock[0] // 1000)
    assert (await console.visitor().post(SIGN_IN, fields)).status == 200


async def test_a_session_ends_when_it_is_not_used_and_after_a_week(console):
    browser = await console.signed_in()
    console.clock[0] += IDLE_MS - 1
    assert (await browser.open("/console/me", follow=False)).status == 200
    console.clock[0] += IDLE_MS - 1
    assert (await browser.open("/console/me", follow=False)).status == 200
    console.clock[0] += IDLE_MS
    assert (await browser.open("/console/me", follow=False)).status == 303
    browser = await console.signed_in(name="bob")
    for _ in range(LONGEST_MS // (IDLE_MS // 2)):
        console.clock[0] += IDLE_MS // 2
        answer = await browser.open("/console/me", follow=False)
    assert answer.status == 303


async def test_signing_in_makes_a_new_session_whatever_cookie_came(console):
    console.make_user("ada")
    browser = console.visitor()
    browser.cookies["pillarbox-session"] = "chosen-by-somebody-else"
    await browser.post(SIGN_IN, {"name": "ada", "password": PASSWORD})
    assert browser.cookies["pillarbox-session"] != "chosen-by-somebody-else"
    thief = console.visitor()
    thief.cookies["pillarbox-session"] = "chosen-by-somebody-else"
    assert (await thief.open("/console/me", follow=False)).status == 303


async def test_signing_out_ends_the_session(console):
    browser = await console.signed_in()
    kept = dict(browser.cookies)
    await browser.open("/console/me")
    await browser.post("/console/sign-out")
    browser.cookies = kept
    assert (await browser.open("/console/me", follow=False)).status == 303


async def test_a_new_password_ends_the_other_sessions(console):
    browser = await console.signed_in(name="ada")
    other = console.visitor()
    await other.post(SIGN_IN, {"name": "ada", "password": PASSWORD})
    await browser.open("/console/me")
    new = "another long password"
    fields = {"current": PASSWORD, "password": new, "again": new}
    assert (await browser.post("/console/me/password", fields)).status == 200
    assert (await other.open("/console/me", follow=False)).status == 303
    assert (await browser.open("/console/me", follow=False)).status == 200


async def test_a_disabled_user_is_out_at_once(console):
    await console.signed_in(name="root")
    admin = console.visitor()
    await admin.post(SIGN_IN, {"name": "root", "password": PASSWORD})
    browser = await console.signed_in(Role.VIEWER, name="ada")
    with console.store.transaction() as conn:
        from pillarbox.manage.users import get_user_called

        user = get_user_called(conn, "ada")
    await admin.open("/console/users")
    await admin.open(f"/console/users/{user.id.hex()}")
    await admin.post(f"/console/users/{user.id.hex()}/disable")
    assert (await browser.open("/console/me", follow=False)).status == 303
    fields = {"name": "ada", "password": PASSWORD}
    assert (await console.visitor().post(SIGN_IN, fields)).status == 401


async def test_the_session_cookie_is_kept_from_scripts_and_other_sites(console):
    console.make_user("ada")
    browser = console.visitor()
    answer = await browser.post(SIGN_IN, {"name": "ada", "password": PASSWORD}, follow=False)
    cookie = answer.cookies["pillarbox-session"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
