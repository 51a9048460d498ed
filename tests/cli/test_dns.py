"""`pillarbox dns`: the records customers set, and those of the service's own zone."""

import json

import dns.zone
import pytest
from sqlalchemy import insert

from pillarbox.store.store import Store
from pillarbox.store.tables import dkim_tokens, identities
from tests.store.rows import ACCOUNT, NOW

TOKENS = ["aaa", "bbb", "ccc"]
SERVICE = {"PILLARBOX_SERVICE_DOMAIN": "mail.example"}
KEY = "v=DKIM1; k=rsa; p=" + "A" * 400


@pytest.fixture
def domain(run, tmp_path):
    """The domain identity example.com of the default account, and an address identity."""
    assert run("db", "upgrade").code == 0
    run("accounts", "list")
    row = {
        "account_id": ACCOUNT,
        "created_at": NOW,
        "status": "PENDING",
        "check_started_at": NOW,
        "checks": 0,
        "signing_enabled": True,
        "signing_key_bits": 2048,
        "feedback_forwarding": True,
        "mail_from_behavior": "USE_DEFAULT_VALUE",
        "tags": "[]",
    }
    names = [("example.com", "DOMAIN"), ("me@other.example", "EMAIL_ADDRESS")]
    token = {
        "account_id": ACCOUNT,
        "identity": "example.com",
        "private_key_sealed": b"sealed",
        "public_key": KEY,
        "created_at": NOW,
    }
    store = Store(f"sqlite:///{tmp_path / 'data' / 'pillarbox.sqlite'}")
    with store.transaction() as conn:
        conn.execute(
            insert(identities), [row | {"name": name, "kind": kind} for name, kind in names]
        )
        conn.execute(
            insert(dkim_tokens),
            [token | {"token": one, "position": place} for place, one in enumerate(TOKENS)],
        )
    store.close()


def test_a_domains_records_are_printed_as_a_zone_file(run, domain):
    ran = run("dns", "records", "example.com", environ=SERVICE)
    assert ran.out.splitlines() == [
        f"{token}._domainkey.example.com. 3600 IN CNAME {token}.dkim.mail.example."
        for token in TOKENS
    ]
    dns.zone.from_text(ran.out, "example.com", relativize=False, check_origin=False)


def test_a_domains_records_are_printed_for_programs(run, domain):
    assert run("dns", "records", "example.com", "--json", environ=SERVICE).json == [
        {
            "name": f"{token}._domainkey.example.com",
            "type": "CNAME",
            "value": f"{token}.dkim.mail.example.",
            "purpose": "verifies the domain and signs its mail (DKIM)",
        }
        for token in TOKENS
    ]


def test_the_service_zone_has_the_return_path_and_every_key(run, domain):
    ran = run("dns", "zone", environ=SERVICE)
    zone = dns.zone.from_text(ran.out, "mail.example", relativize=False, check_origin=False)
    assert zone.get_rdataset("bounce.mail.example.", "MX")[0].to_text() == "10 mta.mail.example."
    assert b"v=spf1" in zone.get_rdataset("bounce.mail.example.", "TXT")[0].strings[0]
    for token in TOKENS:
        (rdata,) = zone.get_rdataset(f"{token}.dkim.mail.example.", "TXT")
        assert b"".join(rdata.strings).decode() == KEY


def test_the_service_zone_is_printed_for_programs(run, domain):
    zone = run("dns", "zone", "--json", environ=SERVICE)
    assert {(one["name"], one["type"]) for one in json.loads(zone.out)} == {
        ("bounce.mail.example", "MX"),
        ("bounce.mail.example", "TXT"),
        *((f"{token}.dkim.mail.example", "TXT") for token in TOKENS),
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("records", "unknown.example"),
        ("records", "me@other.example"),
        ("records", "example.com", "--account", "000000000000"),
        ("check", "unknown.example"),
    ],
)
def test_what_is_no_domain_of_the_account_is_one_line_and_exit_code_1(run, domain, arguments):
    ran = run("dns", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"pillarbox: {arguments[1]} is not a domain identity of this account\n"
