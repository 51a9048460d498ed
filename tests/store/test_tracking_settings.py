"""The tracking settings on both engines: set, edited, disabled; what may be chosen."""

from dataclasses import replace

import pytest

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.identities.identities import delete_identity
from pillarbox.manage.tracking import settings
from pillarbox.manage.tracking.settings import OFF, TrackingSettings
from pillarbox.model.tracking_setup import TrackingSetting
from pillarbox.store.people.accounts import find_account
from tests.store.rows import ACCOUNT, NOW, add_account, add_identity
from tests.store.tracking_rows import add_host

ALL = TrackingSetting(enabled=True, opens=True, clicks=True, dimension="ACCOUNT")
ONE = replace(ALL, dimension=None)


@pytest.fixture
def account(store):
    """example.com is verified, and so is the trace domain good.example.com."""
    with store.transaction() as conn:
        add_account(conn)
        add_identity(conn)
        add_identity(conn, "pending.example", status="PENDING")
        for host, status in (("good", "SUCCESS"), ("new", "PENDING"), ("old", "FAILED")):
            add_host(conn, f"{host}.example.com", kind="trace", status=status)
        add_host(conn, "custom.example.com", status="SUCCESS")
        add_host(conn, "theirs.example.com", kind="trace", status="SUCCESS", account_id="9" * 12)
    return store


def set_account(conn, setting=ALL, *, presumed=False, **changes):
    return settings.set_account_tracking(
        conn, ACCOUNT, replace(setting, **changes), now=NOW, everything_verified=presumed
    )


def set_domain(conn, domain="example.com", *, presumed=False, **changes):
    return settings.set_domain_tracking(
        conn, ACCOUNT, domain, replace(ONE, **changes), now=NOW, everything_verified=presumed
    )


def test_at_first_nothing_is_enabled(account):
    with account.transaction() as conn:
        assert settings.get_tracking_settings(conn, ACCOUNT) == TrackingSettings(account=OFF)


@pytest.mark.parametrize("dimension", ["ACCOUNT", "ACCOUNT_AND_DOMAIN", "DOMAIN"])
def test_what_is_set_is_shown_and_edited_and_disabled_and_kept(account, dimension):
    with account.transaction() as conn:
        found = set_account(
            conn, dimension=dimension, host="Good.example.com", anonymous=True, clicks=False
        )
        expected = TrackingSetting(
            enabled=True,
            host="good.example.com",
            opens=True,
            anonymous=True,
            dimension=dimension,
        )
        assert found == TrackingSettings(account=expected)
        assert settings.get_tracking_settings(conn, ACCOUNT) == found
        edited = set_account(conn, found.account, host=None, mso_comments=False, trap=True)
        assert edited.account == replace(expected, host=None, mso_comments=False, trap=True)
        off = settings.disable_tracking(conn, ACCOUNT, now=NOW)
        assert off.account == replace(edited.account, enabled=False)


@pytest.mark.parametrize("dimension", ["ACCOUNT", "ACCOUNT_AND_DOMAIN"])
def test_one_of_both_must_be_on(account, dimension):
    with account.transaction() as conn:
        with pytest.raises(BadRequest, match="at least one"):
            set_account(conn, dimension=dimension, opens=False, clicks=False)
        with pytest.raises(BadRequest, match="at least one"):
            set_domain(conn, opens=False, clicks=False)
        assert settings.get_tracking_settings(conn, ACCOUNT) == TrackingSettings()


def test_under_the_domain_dimension_the_account_says_nothing_itself(account):
    with account.transaction() as conn:
        found = set_account(conn, dimension="DOMAIN", opens=False, clicks=False)
    assert found.account.enabled


@pytest.mark.parametrize(
    ("host", "error", "text"),
    [
        ("new.example.com", BadRequest, "not verified yet"),
        ("old.example.com", BadRequest, "not verified yet"),
        ("custom.example.com", BadRequest, "not a trace domain"),
        ("theirs.example.com", NotFound, "does not exist"),
        ("unknown.example.com", NotFound, "does not exist"),
        ("no domain", NotFound, "does not exist"),
    ],
)
def test_only_a_verified_trace_domain_of_the_account_can_be_chosen(account, host, error, text):
    with account.transaction() as conn:
        for choose in (set_account, set_domain):
            with pytest.raises(error, match=text):
                choose(conn, host=host)
        assert settings.get_tracking_settings(conn, ACCOUNT) == TrackingSettings()


def test_in_capture_mode_a_trace_domain_need_not_be_verified(account):
    with account.transaction() as conn:
        assert set_account(conn, host="new.example.com", presumed=True).account.host is not None
        assert set_domain(conn, "pending.example", presumed=True).domains


def test_a_sender_domain_has_a_setting_of_its_own_until_it_is_removed(account):
    with account.transaction() as conn:
        found = set_domain(conn, "Example.com", opens=False, host="good.example.com")
        expected = replace(ONE, opens=False, host="good.example.com")
        assert found.domains == {"example.com": expected}
        off = set_domain(conn, enabled=False, opens=False, clicks=False)
        assert not off.domains["example.com"].enabled
        gone = settings.delete_domain_tracking(conn, ACCOUNT, "example.com")
        assert gone.domains == {}
        with pytest.raises(NotFound):
            settings.delete_domain_tracking(conn, ACCOUNT, "example.com")


@pytest.mark.parametrize("domain", ["pending.example", "www.example.com", "com", "", "a@b.example"])
def test_only_a_verified_sender_domain_has_one(account, domain):
    with account.transaction() as conn, pytest.raises(BadRequest, match="verified sender domain"):
        set_domain(conn, domain)


def test_a_sender_domain_that_goes_and_comes_back_is_new(account):
    with account.transaction() as conn:
        set_domain(conn)
        delete_identity(conn, ACCOUNT, "example.com", now=NOW)
        assert settings.get_tracking_settings(conn, ACCOUNT).domains == {}


def test_every_change_is_known_to_who_remembers(account):
    steps = (
        set_account,
        set_domain,
        lambda conn: settings.delete_domain_tracking(conn, ACCOUNT, "example.com"),
        lambda conn: settings.disable_tracking(conn, ACCOUNT, now=NOW),
    )
    with account.transaction() as conn:
        seen = [find_account(conn, ACCOUNT).generation]
        for step in steps:
            step(conn)
            seen.append(find_account(conn, ACCOUNT).generation)
    assert seen == sorted(set(seen))
