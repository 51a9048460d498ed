"""`pillarbox ips`: addresses added to a node, listed, removed; warnings of what is amiss."""

from importlib import import_module

import pytest

from pillarbox.model.warmup import Volume, day_of
from pillarbox.store.addresses.warmup_volume import add_overflow, take_volume
from tests.peers.dns_zone import DnsZone

NOW = 1_800_000_000_000  # 2027-01-15
ME = "123456789012"


@pytest.fixture(autouse=True)
def one_day(monkeypatch):
    """No test goes over midnight."""
    monkeypatch.setattr(import_module("pillarbox.cli.ips"), "now_ms", lambda: NOW)


@pytest.fixture
def zone(monkeypatch):
    """The DNS that the command asks."""
    with DnsZone() as served:
        monkeypatch.setenv("PILLARBOX_DNS_RESOLVER", served.address)
        yield served


def named(zone, address, helo):
    zone.set(helo, "A", address)
    zone.set(".".join(reversed(address.split("."))) + ".in-addr.arpa", "PTR", helo)


def test_an_address_is_added_and_listed(run, zone):
    named(zone, "127.0.0.2", "out.mail.test")
    ran = run("ips", "add", "127.0.0.2", "--helo", "Out.mail.test")
    assert (ran.code, ran.err) == (0, "")
    (one,) = run("ips", "list", "--json").json
    node = one.pop("node")
    assert node
    created = one.pop("created_at")
    assert one == {
        "address": "127.0.0.2",
        "account_id": ME,
        "pool": "ses-default-dedicated-pool",
        "bind": "127.0.0.2",
        "helo": "out.mail.test",
        "warmup_started_at": created,
        "warmup_percentage": 0,
        "warmup_day": 1,
        "day_limit": 50,
        "taken_today": 0,
        "overflowed_today": 0,
        "taken_by_group": {},
        "blocked_by": [],
    }
    line = (
        f"127.0.0.2  {ME}  ses-default-dedicated-pool  out.mail.test  node {node}  "
        "warming up 0%, day 1 of 45, today 0 of 50\n"
    )
    assert (ran.out, run("ips", "list").out) == (line, line)


def test_a_shared_address_is_warm_and_behind_a_nat_it_binds_another(run, zone):
    named(zone, "192.0.2.1", "out.mail.test")
    arguments = ("--helo", "out.mail.test", "--bind", "127.0.0.3", "--pool", "ses-shared-pool")
    ran = run("ips", "add", "192.0.2.1", *arguments)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("192.0.2.1 (bind 127.0.0.3)  shared  ses-shared-pool  out.mail.test")
    assert ran.out.endswith("  warm\n")


def test_what_is_amiss_with_it_is_a_warning(run, zone):
    zone.set("out.mail.test", "A", "192.0.2.9")
    ran = run("ips", "add", "192.0.2.1", "--helo", "out.mail.test")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "warning: out.mail.test A should be 192.0.2.1, DNS has 192.0.2.9",
        "warning: 1.2.0.192.in-addr.arpa PTR should be out.mail.test, DNS has nxdomain",
        "warning: this machine can't bind 192.0.2.1: mail for the pool will wait",
    ]


def test_an_address_is_shown_with_its_plan_what_it_sent_and_what_overflowed(run, zone, kept):
    run("ips", "add", "127.0.0.2", "--helo", "out.mail.test")

    def count(conn):
        for group, taken, limit, overflowed in (("", 17, 50, 3), ("google", 12, 30, 2)):
            volume = Volume("127.0.0.2", day_of(NOW), group)
            take_volume(conn, volume, taken, limit)
            add_overflow(conn, volume, overflowed)

    kept.read(count)
    lines = run("ips", "show", "127.0.0.2").out.splitlines()
    assert lines[0].endswith("warming up 0%, day 1 of 45, today 17 of 50, 3 overflowed")
    assert lines[1] == "  today to google: 12 of 30, 2 overflowed"
    assert len(lines) == 2 + 45
    assert lines[2] == "  day  1  2027-01-15  17 of 50, 3 overflowed"
    assert lines[-1] == "  day 45  2027-02-28  0 of 50000"
    shown = run("ips", "show", "127.0.0.2", "--json").json
    assert [day["taken"] for day in shown["days"]] == [17] + [0] * 44
    assert shown["groups"] == [{"group": "google", "limit": 30, "taken": 12, "overflowed": 2}]


def test_a_warm_address_has_no_plan_and_one_that_is_not_there_is_said(run, zone):
    run("ips", "add", "127.0.0.2", "--helo", "out.mail.test", "--pool", "ses-shared-pool")
    assert run("ips", "show", "127.0.0.2").out.endswith("  warm\n")
    ran = run("ips", "show", "127.0.0.3")
    assert (ran.code, ran.err) == (1, "pillarbox: There is no sending address 127.0.0.3.\n")


def test_an_address_is_removed(run, zone):
    run("ips", "add", "127.0.0.2", "--helo", "out.mail.test")
    assert run("ips", "remove", "127.0.0.2").code == 0
    assert run("ips", "list", "--json").json == []
    ran = run("ips", "remove", "127.0.0.2")
    assert (ran.code, ran.err) == (1, "pillarbox: There is no sending address 127.0.0.2.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("x", "--helo", "a.test"), "x is no IP address."),
        (("127.0.0.2", "--helo", "a"), "a is no host name."),
        (
            ("127.0.0.2", "--helo", "a.test", "--pool", "no"),
            "The requested pool <no> does not exist.",
        ),
        (
            ("127.0.0.2", "--helo", "a.test", "--account", "1"),
            "Account 1 does not exist.",
        ),
    ],
)
def test_what_can_not_be_done_is_one_line_and_exit_code_1(run, zone, arguments, words):
    ran = run("ips", "add", *arguments)
    assert (ran.code, ran.out, ran.err) == (1, "", f"pillarbox: {words}\n")
    assert run("ips", "list", "--json").json == []


def test_an_address_is_added_once(run, zone):
    run("ips", "add", "127.0.0.2", "--helo", "out.mail.test")
    ran = run("ips", "add", "127.0.0.2", "--helo", "out.mail.test")
    assert ran.err == "pillarbox: 127.0.0.2 is there already: remove it first.\n"
