"""Trace domains on both engines: made, verified, chosen, deleted; custom domains beside them."""

import itertools

import pytest

from pillarbox.base.errors import AlreadyExists, BadRequest, LimitExceeded, NotFound
from pillarbox.identity.schedule import LIMIT_MS, STEADY_MS
from pillarbox.identity.tracking_checks import (
    DAY_MS,
    HostChecks,
    due_now,
    judge_host,
    keep_finding,
)
from pillarbox.identity.tracking_finding import HostFinding
from pillarbox.manage.tracking import domains
from pillarbox.manage.tracking.domains import PREFIX_HINT, check_prefix
from pillarbox.manage.tracking.settings import get_tracking_settings
from pillarbox.store.people.accounts import find_account
from pillarbox.store.sets.configuration_sets import delete_configuration_set
from pillarbox.store.tracking.hosts import find_host, new_host_row
from tests.store.rows import ACCOUNT, NOW, add_account, add_configuration_set, add_identity
from tests.store.tracking_rows import add_host, add_setting

OTHER = "000000000001"
FOUND = HostFinding(works=True, https=True)
PLAIN = HostFinding(works=True, https=False, https_reason="nobody answers there")
MISSING = HostFinding(works=False, https=False, reason="it has no CNAME", https_reason="nobody")
TROUBLE = HostFinding(works=False, https=False, trouble=True, https_trouble=True, reason="DNS")


@pytest.fixture
def account(store):
    """Two accounts; the first has verified mail.example.com and news.shop.co.uk."""
    with store.transaction() as conn:
        add_account(conn)
        add_account(conn, id=OTHER)
        for name in ("mail.example.com", "news.shop.co.uk"):
            add_identity(conn, name)
        add_identity(conn, "pending.example.net", status="PENDING")
        add_identity(conn, "me@address.example")
    return store


def create(conn, prefix="track", primary="example.com", account=ACCOUNT, *, presumed=False):
    return domains.create_trace_domain(
        conn, account, primary, prefix, now=NOW, everything_verified=presumed
    )


def show(conn, host, *, presumed=False):
    return domains.get_tracking_domain(conn, ACCOUNT, host, everything_verified=presumed)


def test_primary_domains_are_the_registrable_ones_of_verified_senders(account):
    with account.transaction() as conn:
        add_identity(conn, "other.example.com")
        real = domains.primary_domains(conn, ACCOUNT, everything_verified=False)
        presumed = domains.primary_domains(conn, ACCOUNT, everything_verified=True)
    assert real == ["example.com", "shop.co.uk"]
    assert presumed == ["example.com", "example.net", "shop.co.uk"]


@pytest.mark.parametrize("prefix", ["abc", "a-c", "9track", "TRACK", "a" * 63, "1-2"])
def test_a_prefix_that_can_be_used(prefix):
    assert check_prefix(prefix) == prefix.lower()


@pytest.mark.parametrize(
    "prefix",
    ["", "ab", "a" * 64, "-abc", "abc-", "123", "a.c", "a_c", "träck", "a c", "٣٤٥", "abc\n"],
)
def test_a_prefix_that_can_t(account, prefix):
    with account.transaction() as conn, pytest.raises(BadRequest, match="3 to 63 characters"):
        create(conn, prefix)


@pytest.mark.parametrize(("prefix", "hint"), [("track", None), ("9track", PREFIX_HINT)])
def test_a_prefix_should_start_with_a_letter(account, prefix, hint):
    with account.transaction() as conn:
        assert create(conn, prefix).hint == hint


def test_a_trace_domain_is_made_pending_and_due_at_once(account):
    with account.transaction() as conn:
        made = create(conn, "Track", "Example.COM")
        assert (made.domain, made.kind, made.status) == ("track.example.com", "trace", "PENDING")
        assert (made.prefix, made.primary_domain) == ("track", "example.com")
        assert [one.host for one in due_now(conn, NOW, 10)] == ["track.example.com"]
        assert domains.list_tracking_domains(conn, ACCOUNT, everything_verified=False) == [made]
        assert domains.list_tracking_domains(conn, OTHER, everything_verified=False) == []


@pytest.mark.parametrize(
    "primary", ["mail.example.com", "example.net", "other.example", "", "com", "no domain"]
)
def test_only_a_primary_domain_of_a_verified_sender_will_do(account, primary):
    with account.transaction() as conn, pytest.raises(BadRequest, match="primary domain"):
        create(conn, primary=primary)


def test_a_host_belongs_to_one_account(account):
    with account.transaction() as conn:
        create(conn)
        with pytest.raises(AlreadyExists):
            create(conn)
        add_identity(conn, "example.com", account_id=OTHER)
        with pytest.raises(AlreadyExists):
            create(conn, account=OTHER)
        with pytest.raises(NotFound):
            domains.delete_trace_domain(conn, OTHER, "track.example.com")
        with pytest.raises(NotFound):
            domains.begin_verification(conn, OTHER, "track.example.com", now=NOW)


def test_an_account_has_so_many_and_no_more(account, monkeypatch):
    monkeypatch.setattr(domains, "MAX_TRACE_DOMAINS", 1)
    with account.transaction() as conn:
        create(conn)
        with pytest.raises(LimitExceeded):
            create(conn, "again")


def test_a_custom_domain_can_become_a_trace_domain(account):
    with account.transaction() as conn:
        add_host(conn, "track.example.com", status="SUCCESS")
        made = create(conn)
    assert (made.kind, made.status, made.prefix) == ("trace", "SUCCESS", "track")


def test_one_in_use_can_t_be_deleted(account):
    with account.transaction() as conn:
        create(conn)
        add_setting(conn, host="track.example.com")
        add_setting(conn, "mail.example.com", host="track.example.com")
        add_configuration_set(conn, custom_redirect_domain="track.example.com")
        with pytest.raises(BadRequest) as caught:
            domains.delete_trace_domain(conn, ACCOUNT, "track.example.com")
    assert caught.value.message == (
        "track.example.com is in use by the tracking setting of the account, the tracking setting "
        "of mail.example.com, configuration set spring."
    )


def test_one_that_nobody_uses_is_deleted(account):
    with account.transaction() as conn:
        create(conn)
        domains.delete_trace_domain(conn, ACCOUNT, "Track.example.com")
        with pytest.raises(NotFound):
            show(conn, "track.example.com")


def test_one_that_only_disabled_settings_name_is_deleted_and_forgotten(account):
    with account.transaction() as conn:
        create(conn)
        add_setting(conn, host="track.example.com", enabled=False)
        domains.delete_trace_domain(conn, ACCOUNT, "track.example.com")
        assert get_tracking_settings(conn, ACCOUNT).account.host is None


def test_a_custom_domain_is_not_deleted_but_changed_in_its_set(account):
    with account.transaction() as conn:
        add_host(conn, "t.example.com")
        with pytest.raises(BadRequest, match="tracking options"):
            domains.delete_trace_domain(conn, ACCOUNT, "t.example.com")


def test_in_capture_mode_every_domain_is_shown_as_verified(account):
    with account.transaction() as conn:
        create(conn)
        shown = show(conn, "track.example.com", presumed=True)
        assert (shown.status, shown.https_status) == ("SUCCESS", "SUCCESS")
        assert find_host(conn, "track.example.com").status == "PENDING"


def test_a_failed_one_begins_anew_when_it_is_asked_to(account):
    with account.transaction() as conn:
        create(conn)
        row = find_host(conn, "track.example.com")
        keep_finding(conn, row, MISSING, NOW + LIMIT_MS)
        assert show(conn, row.host).status == "FAILED"
        assert list(due_now(conn, NOW + 10 * LIMIT_MS, 10)) == []
        later = NOW + 2 * LIMIT_MS
        again = domains.begin_verification(conn, ACCOUNT, row.host, now=later)
        assert (again.status, again.next_check_at) == ("PENDING", later)
        keep_finding(conn, again, FOUND, later)
        shown = show(conn, row.host)
    assert (shown.status, shown.https_status, shown.last_success_at) == (
        "SUCCESS",
        "SUCCESS",
        later,
    )


def row(**values):
    fresh = new_host_row("track.example.com", ACCOUNT, "trace", NOW)
    return type(fresh)(**({n: getattr(fresh, n) for n in fresh.__dataclass_fields__} | values))


BOTH = {"status": "SUCCESS", "https_status": "SUCCESS"}


@pytest.mark.parametrize(
    ("before", "finding", "expected", "next_check"),
    [
        ({}, FOUND, ("SUCCESS", "SUCCESS"), STEADY_MS),
        ({}, PLAIN, ("SUCCESS", "PENDING"), 1000),
        ({}, MISSING, ("PENDING", "PENDING"), 1000),
        ({"checks": 4, "https_checks": 4}, MISSING, ("PENDING", "PENDING"), 10_000),
        (BOTH, PLAIN, ("SUCCESS", "TEMPORARY_FAILURE"), 1000),
        (BOTH, MISSING, ("TEMPORARY_FAILURE", "TEMPORARY_FAILURE"), 1000),
        (BOTH, TROUBLE, ("SUCCESS", "SUCCESS"), 1000),
        ({"status": "SUCCESS", "https_status": "FAILED"}, FOUND, ("SUCCESS", "SUCCESS"), STEADY_MS),
        (
            {"status": "SUCCESS", "https_started_at": NOW - LIMIT_MS},
            PLAIN,
            ("SUCCESS", "FAILED"),
            STEADY_MS,
        ),
        ({"check_started_at": NOW - LIMIT_MS}, MISSING, ("FAILED", "PENDING"), None),
        (
            {"check_started_at": NOW - LIMIT_MS, "kind": "custom"},
            MISSING,
            ("FAILED", "PENDING"),
            DAY_MS,
        ),
        ({"status": "FAILED", "kind": "custom"}, FOUND, ("SUCCESS", "SUCCESS"), STEADY_MS),
    ],
)
def test_a_look_up_makes_a_state_and_a_next_check(before, finding, expected, next_check):
    changes = judge_host(row(**before), finding, NOW)
    assert (changes["status"], changes["https_status"]) == expected
    assert changes["next_check_at"] == (None if next_check is None else NOW + next_check)


def checks_of(store, lookup, owner="node/0"):
    return HostChecks(store, lookup, owner, clock=lambda: NOW)


class Lookup:
    """Gives what it is told to find, and keeps whom it was asked about."""

    def __init__(self, finding):
        self.finding = finding
        self.asked = []

    async def look_up(self, host):
        self.asked.append(host)
        return self.finding


async def test_custom_domains_are_verified_whoever_named_them_and_go_with_their_set(account):
    with account.transaction() as conn:
        add_configuration_set(conn, custom_redirect_domain="t.example.com")
        add_configuration_set(conn, "summer", custom_redirect_domain="t.example.com")
        add_configuration_set(conn, "none")
    checks = checks_of(account, lookup := Lookup(FOUND))
    await checks.turn()
    await checks.turn()
    assert lookup.asked == ["t.example.com"]
    with account.transaction() as conn:
        shown = show(conn, "t.example.com")
        assert (shown.kind, shown.status) == ("custom", "SUCCESS")
        delete_configuration_set(conn, ACCOUNT, "spring")
        domains.begin_verification(conn, ACCOUNT, "t.example.com", now=NOW)
    await checks.turn()
    with account.transaction() as conn:
        delete_configuration_set(conn, ACCOUNT, "summer")
        domains.begin_verification(conn, ACCOUNT, "t.example.com", now=NOW)
    await checks.turn()
    assert lookup.asked == ["t.example.com"] * 2
    with account.transaction() as conn:
        assert find_host(conn, "t.example.com") is None


async def test_a_change_is_known_to_who_remembers_and_no_change_is_not(account):
    def generation():
        with account.transaction() as conn:
            return find_account(conn, ACCOUNT).generation

    with account.transaction() as conn:
        create(conn)
        host = find_host(conn, "track.example.com")
    checks = checks_of(account, lookup := Lookup(FOUND))
    seen = [generation()]
    for finding in (FOUND, FOUND, PLAIN, PLAIN):
        lookup.finding = finding
        with account.transaction() as conn:
            host = find_host(conn, "track.example.com")
        await checks.check(host)
        seen.append(generation())
    changed = [after > before for before, after in itertools.pairwise(seen)]
    assert changed == [True, False, True, False]


async def test_what_was_deleted_or_begun_anew_meanwhile_is_not_written(account):
    with account.transaction() as conn:
        create(conn)
        old = find_host(conn, "track.example.com")
        domains.delete_trace_domain(conn, ACCOUNT, old.host)
        keep_finding(conn, old, FOUND, NOW)
        assert find_host(conn, old.host) is None
        create(conn)
        stale = type(old)(
            **{n: getattr(old, n) for n in old.__dataclass_fields__} | {"check_started_at": 1}
        )
        keep_finding(conn, stale, FOUND, NOW)
        assert find_host(conn, old.host).status == "PENDING"


async def test_another_worker_with_the_lease_is_left_alone(account):
    with account.transaction() as conn:
        create(conn)
    first, second = Lookup(MISSING), Lookup(MISSING)
    await checks_of(account, first).turn()
    with account.transaction() as conn:
        domains.begin_verification(conn, ACCOUNT, "track.example.com", now=NOW)
    await checks_of(account, second, "node/1").turn()
    assert (len(first.asked), second.asked) == (1, [])
