"""`/_pillarbox/tracking/…`: what docs/tracking-api.md says, over the generic HTTP side."""

import json
import re
from pathlib import Path

import pytest

from pillarbox.identity.tracking_checks import HostChecks
from pillarbox.identity.tracking_finding import HostFinding
from pillarbox.wire.own_tracking import TrackingCalls
from tests.store.accepting import World, mail
from tests.store.rows import ACCOUNT, NOW, add_account, add_configuration_set, add_identity
from tests.store.tracking_rows import add_destination
from tests.unit.sqlite import serving_store
from tests.wire.api import Api

PAGE = Path(__file__).parents[2] / "docs" / "tracking-api.md"
FOUND = HostFinding(works=True, https=True)
MISSING = HostFinding(
    works=False, https=False, reason="it has no CNAME", https_reason="nobody answers there"
)
TRACE = {"primary_domain": "example.com", "prefix": "9track"}
SETTINGS = {"dimension": "ACCOUNT", "opens": True}
DEFAULTS = {
    "dimension": "ACCOUNT",
    "tracking_domain": None,
    "opens": False,
    "clicks": False,
    "anonymous": False,
    "outlook_comments": True,
    "trap": False,
}


class Lookup:
    """Gives what it is told to find for the one host of the tests."""

    finding = FOUND

    async def look_up(self, host):
        assert host == "9track.example.com"
        return self.finding


class Tracking:
    """The calls over a store, and what its look-ups find; `capture`: capture mode."""

    def __init__(self, store, *, capture=False):
        self.store = store
        self.lookup = Lookup()
        checks = HostChecks(store, self.lookup, "node/0", clock=lambda: NOW)
        calls = TrackingCalls(
            store=store,
            now=lambda: NOW,
            verify=None if capture else checks.check,
            cname="email.mail.test",
            own_url="https://email.mail.test",
        )
        self.operations = calls.operations()
        self.api = Api(served=self.operations)

    async def __call__(self, method, path, **body):
        """Call below /_pillarbox/tracking; give the status and the JSON."""
        content = json.dumps(body).encode() if body else b""
        answer = await self.api(method, f"/_pillarbox/tracking/{path}", content)
        return answer.status, json.loads(answer.body)


@pytest.fixture
def store(tmp_path):
    """mail.example.com is verified."""
    with serving_store(tmp_path) as opened:
        with opened.transaction() as conn:
            add_identity(conn, "mail.example.com")
            add_account(conn, id="000000000001")
        yield opened


@pytest.fixture
def tracking(store):
    return Tracking(store)


async def test_a_trace_domain_is_made_verified_listed_and_deleted(tracking):
    assert await tracking("GET", "primary-domains") == (
        200,
        {"primary_domains": ["example.com"]},
    )
    status, made = await tracking("POST", "domains", **TRACE)
    assert (status, made["domain"], made["status"]) == (200, "9track.example.com", "PENDING")
    assert made["hint"] == "It is advisable to start the prefix with a letter."
    assert (made["cname"], made["guide"]) == ("email.mail.test", "docs/acceleration.md")
    tracking.lookup.finding = MISSING
    _, looked = await tracking("POST", "domains/9track.example.com/verify")
    assert (looked["status"], looked["reason"]) == ("PENDING", "it has no CNAME")
    tracking.lookup.finding = FOUND
    _, verified = await tracking("POST", "domains/9track.example.com/verify")
    assert (verified["status"], verified["https_status"]) == ("SUCCESS", "SUCCESS")
    assert (verified["reason"], verified["checked_at"]) == (None, NOW / 1000)
    assert await tracking("GET", "domains") == (200, {"domains": [verified]})
    assert await tracking("GET", "domains/9track.example.com") == (200, verified)
    assert await tracking("DELETE", "domains/9track.example.com") == (200, {})
    assert await tracking("GET", "domains") == (200, {"domains": []})


async def test_settings_are_shown_set_edited_and_disabled(tracking):
    empty = DEFAULTS | {
        "status": "NOT_ENABLED",
        "domains": [],
        "own_url": "https://email.mail.test",
    }
    assert await tracking("GET", "settings") == (200, empty)
    enabled = empty | {"status": "ENABLED", "opens": True}
    assert await tracking("PUT", "settings", **SETTINGS) == (200, enabled)
    edited = {"dimension": "ACCOUNT_AND_DOMAIN", "clicks": True, "anonymous": True}
    expected = empty | edited | {"status": "ENABLED"}
    assert await tracking("PUT", "settings", **edited) == (200, expected)
    assert await tracking("DELETE", "settings") == (200, expected | {"status": "NOT_ENABLED"})


async def test_a_sender_domain_has_its_own_settings(tracking):
    await tracking("PUT", "settings", dimension="DOMAIN")
    own = {"clicks": True, "outlook_comments": False, "trap": True}
    _, found = await tracking("PUT", "settings/domains/mail.example.com", **own)
    shown = {name: value for name, value in DEFAULTS.items() if name != "dimension"}
    expected = shown | own | {"domain": "mail.example.com", "enabled": True}
    assert found["domains"] == [expected]
    _, found = await tracking("PUT", "settings/domains/mail.example.com", enabled=False)
    assert found["domains"][0]["enabled"] is False
    _, found = await tracking("DELETE", "settings/domains/mail.example.com")
    assert found["domains"] == []


async def test_a_message_is_explained(tracking, store):
    with store.transaction() as conn:
        add_configuration_set(conn)
        add_destination(conn, "OPEN")
    plain, tracked = World(store).accept(
        mail("a@mail.example.com"), mail("a@mail.example.com", configuration_set="spring")
    )
    _, found = await tracking("GET", f"messages/{plain}")
    assert (found["opens"], found["clicks"]) == (False, False)
    assert found["reasons"][0].startswith("Nothing is tracked")
    _, found = await tracking("GET", f"messages/{tracked}")
    assert found["message_id"] == tracked
    assert found["reasons"][0] == (
        "Opens are tracked: configuration set spring has an enabled destination for OPEN."
    )


async def test_in_capture_mode_verify_looks_nothing_up_and_all_is_verified(store):
    tracking = Tracking(store, capture=True)
    tracking.lookup.finding = MISSING
    await tracking("POST", "domains", **TRACE)
    _, verified = await tracking("POST", "domains/9track.example.com/verify")
    assert (verified["status"], verified["https_status"]) == ("SUCCESS", "SUCCESS")
    chosen = SETTINGS | {"tracking_domain": "9track.example.com"}
    assert (await tracking("PUT", "settings", **chosen))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "domains", TRACE | {"prefix": "a"}, 400, "3 to 63 characters"),
        ("POST", "domains", TRACE | {"primary_domain": "x.example"}, 400, "primary domain"),
        ("POST", "domains", {}, 400, "prefix"),
        ("GET", "domains/x.example.com", {}, 404, "does not exist"),
        ("POST", "domains/x.example.com/verify", {}, 404, "does not exist"),
        ("DELETE", "domains/x.example.com", {}, 404, "does not exist"),
        ("PUT", "settings", {"dimension": "ACCOUNT"}, 400, "at least one"),
        ("PUT", "settings", SETTINGS | {"dimension": "X"}, 400, "dimension"),
        ("PUT", "settings", SETTINGS | {"tracking_domain": "x.example.com"}, 404, "not exist"),
        ("PUT", "settings", SETTINGS | {"opens": [1]}, 400, ""),
        ("PUT", "settings/domains/x.example", {"opens": True}, 400, "verified sender domain"),
        ("PUT", "settings/domains/mail.example.com", {}, 400, "at least one"),
        ("DELETE", "settings/domains/mail.example.com", {}, 404, "no tracking setting"),
        ("GET", "messages/x", {}, 400, "not a message id"),
        ("GET", f"messages/{'0' * 16}-{'0' * 8}-0000-0000-0000-{'0' * 12}-000000", {}, 404, ""),
    ],
)
async def test_what_is_wrong_is_refused_and_changes_nothing(
    tracking, method, path, body, status, words
):
    before = await tracking("GET", "settings"), await tracking("GET", "domains")
    answer = await tracking(method, path, **body)
    assert answer[0] == status
    assert words in answer[1]["message"]
    assert (await tracking("GET", "settings"), await tracking("GET", "domains")) == before


async def test_a_message_of_another_account_is_none(tracking, store):
    with store.transaction() as conn:
        add_identity(conn, "other.example", account_id="000000000001")
    (message_id,) = World(store).accept(mail("a@other.example", account="000000000001"))
    assert (await tracking("GET", f"messages/{message_id}"))[0] == 404
    assert ACCOUNT != "000000000001"


def test_the_page_has_every_call_and_no_other(tracking):
    served = {f"{one.method} {one.path}" for one in tracking.operations}
    text = PAGE.read_text()
    assert served == set(re.findall(r"`((?:GET|POST|PUT|DELETE) /_pillarbox/[^`]+)`", text))
    assert [one.name for one in tracking.operations if one.name not in text] == []
