"""`pillarbox identities`: what is there, and looking it up now against a real DNS server."""

import pytest
from sqlalchemy import update

from pillarbox.store.store import Store
from pillarbox.store.tables import identities
from tests.cli.test_dns import KEY, TOKENS, domain
from tests.peers.dns_zone import DnsZone

__all__ = ["domain"]


@pytest.fixture
def zone():
    with DnsZone() as running:
        yield running


@pytest.fixture
def environ(zone):
    return {"PILLARBOX_SERVICE_DOMAIN": "mail.example", "PILLARBOX_DNS_RESOLVER": zone.address}


def publish(zone):
    for token in TOKENS:
        zone.set(f"{token}._domainkey.example.com", "CNAME", f"{token}.dkim.mail.example")
        zone.set(f"{token}.dkim.mail.example", "TXT", KEY)


def change(tmp_path, **values):
    store = Store(f"sqlite:///{tmp_path / 'data' / 'pillarbox.sqlite'}")
    with store.transaction() as conn:
        conn.execute(update(identities).values(**values))
    store.close()


REAL = {"PILLARBOX_IDENTITY_VERIFY": "real"}


def test_identities_are_listed_with_their_states(run, domain):
    assert run("identities", "list", environ=REAL).out.splitlines() == [
        "example.com  PENDING  DKIM PENDING",
        "me@other.example  PENDING",
    ]
    assert run("identities", "list").out.startswith("example.com  SUCCESS")  # capture mode


def test_identities_are_listed_for_programs(run, domain, tmp_path):
    change(tmp_path, mail_from_domain="b.example.com", mail_from_status="FAILED")
    (one, _) = run("identities", "list", "--json", environ=REAL).json
    assert (one["name"], one["status"], one["mail_from_status"]) == (
        "example.com",
        "PENDING",
        "FAILED",
    )
    first = run("identities", "list", environ=REAL).out.splitlines()[0]
    assert first == "example.com  PENDING  DKIM PENDING  MAIL FROM b.example.com FAILED"


def test_a_check_says_what_is_amiss_and_keeps_what_it_found(run, domain, zone, environ):
    ran = run("identities", "check", "example.com", environ=environ)
    assert (ran.code, ran.err) == (1, "")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["missing"] * 3
    listed = run("identities", "list", environ=environ | REAL).out
    assert listed.startswith("example.com  PENDING  DKIM PENDING  HOST_NOT_FOUND\n")
    publish(zone)
    ran = run("identities", "check", "Example.COM", environ=environ)
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["found"] * 3
    listed = run("identities", "list", environ=environ | REAL).out
    assert listed.startswith("example.com  SUCCESS  DKIM SUCCESS\n")


def test_a_check_begins_anew_what_has_failed(run, domain, zone, environ, tmp_path):
    change(tmp_path, status="FAILED", dkim_status="FAILED", check_started_at=0, dkim_started_at=0)
    run("identities", "check", "example.com", environ=environ)
    listed = run("identities", "list", environ=environ | REAL).out
    assert listed.startswith("example.com  PENDING  DKIM PENDING")


@pytest.mark.parametrize("name", ["unknown.example", "me@other.example"])
def test_what_has_no_records_is_one_line_and_exit_code_1(run, domain, environ, name):
    ran = run("identities", "check", name, environ=environ)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"pillarbox: {name} is not a domain identity of this account\n"
