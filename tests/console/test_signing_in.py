"""Signing in: first run, wrong guesses, one-time codes, sessions, and what cookies are like."""

import asyncio
from dataclasses import replace

import pyotp
import pytest
from argon2 import PasswordHasher

from pillarbox.base.passwords import check_password, hash_password
from pillarbox.base.settings import Console as ConsoleSettings
from pillarbox.console import secrets_typed
from pillarbox.console.console import open_console
from pillarbox.console.pages.first_run import first_run_token
from pillarbox.manage.people.signing_in import (
    ADDRESS_FAILURES,
    IDLE_MS,
    LONGEST_MS,
    NAME_FAILURES,
    WINDOW_MS,
    Visitor,
    note_failure,
    sessions,
)
from pillarbox.manage.people.users import set_disabled
from pillarbox.model.user import Role
from tests.console.conftest import NOW, PASSWORD
from tests.console.visitor import Visitor as VisitorOf
from tests.peers.wait import ARRIVAL_SECONDS, until

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


async def test_attempts_side_by_side_are_no_more_than_one_after_the_other(console, monkeypatch):
    """The right password comes after too many wrong ones, though all were sent at once."""
    console.password_hash = hash_password(PASSWORD)
    console.make_user("ada")
    subject = Visitor("ada", "192.0.2.7").subjects[0]

    def too_many():
        with console.store.engine.begin() as conn:
            return sessions.count_failures(conn, subject, 0) >= NAME_FAILURES

    def check(password_hash, password):
        if password == PASSWORD:
            until(too_many, ARRIVAL_SECONDS, "the wrong ones to be noted")
        return check_password(password_hash, password)

    monkeypatch.setattr(secrets_typed, "check_password", check)
    wrong = [{"name": "ada", "password": "x"}] * (NAME_FAILURES + 3)
    attempts = [*wrong, {"name": "ada", "password": PASSWORD}]
    answers = await asyncio.gather(*(console.visitor().post(SIGN_IN, one) for one in attempts))
    found = [one.status for one in answers]
    assert found.count(401) == NAME_FAILURES
    assert found.count(429) == 4
    assert found[-1] == 429


@pytest.mark.parametrize("name", ["ada", "nobody"])
async def test_a_name_that_nobody_has_is_made_to_wait_as_others_are(console, name):
    console.make_user("ada")
    visitor = Visitor(name, "192.0.2.7")
    with console.store.transaction() as conn:
        for _ in range(NAME_FAILURES):
            note_failure(conn, visitor, NOW)
    answer = await console.visitor().post(SIGN_IN, {"name": name, "password": "x"})
    assert answer.status == 429
    assert "Too many attempts" in answer.text


async def test_an_address_that_fails_with_many_names_waits_too(console):
    console.make_user("ada")
    with console.store.transaction() as conn:
        for number in range(ADDRESS_FAILURES):
            note_failure(conn, Visitor(f"name{number}", "192.0.2.7"), NOW)
    right = {"name": "ada", "password": PASSWORD}
    assert (await console.visitor().post(SIGN_IN, right)).status == 429


@pytest.mark.parametrize("name", ["ada", "off", "nobody"])
async def test_every_attempt_costs_one_check_of_a_password(console, monkeypatch, name):
    console.password_hash = hash_password(PASSWORD)
    console.make_user("ada")
    off = console.make_user("off", Role.VIEWER)
    with console.store.transaction() as conn:
        set_disabled(conn, off.id, disabled=True, now=NOW)
    checked = []
    real = PasswordHasher.verify

    def verify(hasher, hashed, password):
        checked.append(hashed.split("$")[3])
        return real(hasher, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    answer = await console.visitor().post(SIGN_IN, {"name": name, "password": "x"})
    assert answer.status == 401
    assert checked == [console.password_hash.split("$")[3]]


async def test_over_https_the_cookie_is_bound_to_the_host(console):
    settings = replace(console.services.settings, console=ConsoleSettings(url="https://c.example"))
    console.make_user("ada")
    browser = VisitorOf(open_console(replace(console.services, settings=settings)), "c.example")
    fields = {"name": "ada", "password": PASSWORD}
    answer = await browser.post(SIGN_IN, fields, follow=False, origin="https://c.example")
    line = answer.cookies["__Host-pillarbox"].lower()
    assert "secure" in line
    assert "path=/" in line
    assert "domain" not in line
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


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
        from pillarbox.manage.people.users import get_user_called

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
