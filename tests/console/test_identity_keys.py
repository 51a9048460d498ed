"""A domain's signing keys in the console: ours of either length, the customer's own."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pillarbox.console.console import open_console
from pillarbox.console.pages.identity import lines_of
from pillarbox.identity.dkim_keys import DkimKeys
from pillarbox.identity.finding import Finding
from pillarbox.identity.records import DnsRecord
from pillarbox.manage.people.audit import list_audit
from pillarbox.model.user import Role
from pillarbox.store.identity.dkim_tokens import find_private_key, list_keys
from pillarbox.store.identity.identities import find_identity
from tests.console.conftest import ACCOUNT, OTHER
from tests.store.rows import add_identity

ONE = f"/console/{ACCOUNT}/identities/example.com"
KEYS = f"{ONE}/keys"


def pem(bits):
    key = rsa.generate_private_key(65537, bits)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


PEM = pem(1024)
OWN = {"origin": "EXTERNAL", "selector": "own", "private_key": PEM}


@pytest.fixture
async def browser(console):
    made = DkimKeys(console.store, console.services.sealer, console.services.threads)
    services = replace(console.services, new_tokens=made.new_tokens)
    delivering = replace(services.settings.deliver, mode="direct")
    settings = replace(services.settings, deliver=delivering)
    console.services = replace(services, settings=settings, resolver=Silent())
    console.app = open_console(console.services)
    with console.store.transaction() as conn:
        add_identity(conn, "example.com", account_id=ACCOUNT)
    return await console.signed_in(Role.OPERATOR)


class Silent:
    """DNS that does not answer in time."""

    async def query(self, *_what, **_how):
        raise TimeoutError


def look(console):
    """Give the identity's row and its keys that are not retired."""
    with console.store.engine.begin() as conn:
        keys = list_keys(conn, ACCOUNT, "example.com")
        row = find_identity(conn, ACCOUNT, "example.com")
        return row, [one for one in keys if one.retired_at is None]


@pytest.mark.parametrize(
    "typed",
    [PEM, "".join(PEM.splitlines()[1:-1]), base64.b64encode(PEM.encode()).decode()],
    ids=["pem", "body", "base64"],
)
async def test_an_own_key_is_sealed_and_its_record_is_shown(console, browser, typed):
    await browser.open(KEYS)
    answer = await browser.post(KEYS, OWN | {"private_key": typed})
    assert browser.path == ONE
    assert "own._domainkey.example.com" in answer.text
    row, (key,) = look(console)
    assert row.external
    assert (key.selector, key.origin) == ("own", "EXTERNAL")
    with console.store.engine.begin() as conn:
        sealed = find_private_key(conn, key.token)
        (entry, *_) = list_audit(conn, account_id=ACCOUNT, limit=1, action="identity.keys")
    opened = console.services.sealer.open(sealed, f"dkim_tokens/{key.token}")
    assert b"PRIVATE KEY" in opened
    assert b"PRIVATE KEY" not in sealed
    assert entry.detail == {"origin": "EXTERNAL", "selector": "own"}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"private_key": "nothing"}, "private_key", "is not a private key in base64"),
        ({"private_key": PEM.replace("A", "!", 1)}, "private_key", "is not a private key"),
        ({"private_key": ""}, "private_key", "Give the private key."),
        ({"selector": "a.b"}, "selector", "A selector has"),
        ({"selector": ""}, "selector", "A selector has"),
        ({"origin": "AWS_SES_US_EAST_1"}, "origin", "Choose one."),
        ({"origin": "AWS_SES", "bits": "512"}, "bits", "Choose one."),
    ],
    ids=["text", "broken", "empty", "two-labels", "no-selector", "origin", "bits"],
)
async def test_what_is_wrong_stands_beside_its_field_without_the_key(
    console, browser, fields, field, words
):
    await browser.open(KEYS)
    answer = await browser.post(KEYS, OWN | fields)
    assert answer.status == 422
    assert words in answer.text.partition(f'id="{field}-problem">')[2].partition("</p>")[0]
    assert PEM.splitlines()[1] not in answer.text
    assert not look(console)[0].external


async def test_back_to_ours_new_keys_are_made(console, browser):
    await browser.open(KEYS)
    await browser.post(KEYS, OWN)
    answer = await browser.post(KEYS, {"origin": "AWS_SES", "bits": "1024"})
    assert answer.text.count("._domainkey.example.com") >= 3
    row, keys = look(console)
    assert not row.external
    assert sum(one.origin is None for one in keys) == 3


async def test_another_length_of_ours_is_served_as_the_next_key(console, browser):
    await browser.open(KEYS)
    await browser.post(KEYS, {"origin": "AWS_SES", "bits": "2048"})
    answer = await browser.post(KEYS, {"origin": "AWS_SES", "bits": "1024"})
    assert "soon 1024" in answer.text
    assert look(console)[0].next_key_bits == 1024
    answer = await browser.post(KEYS, {"origin": "AWS_SES", "bits": "2048"})
    assert answer.status == 422
    assert "once in 24 hours" in answer.text.partition('id="bits-problem">')[2]


async def test_an_address_has_no_keys_of_its_own(console, browser):
    with console.store.transaction() as conn:
        add_identity(conn, "me@example.org", account_id=ACCOUNT)
    answer = await browser.open(f"/console/{ACCOUNT}/identities/me@example.org/keys")
    assert answer.status == 400
    assert "must be a valid domain" in answer.text


async def test_keys_of_another_account_are_not_there(console, browser):
    with console.store.transaction() as conn:
        add_identity(conn, "other.example", account_id=OTHER)
    assert (await browser.open(f"/console/{ACCOUNT}/identities/other.example/keys")).status == 404


def finding(name, state):
    return Finding(name=name, expected="", state=state)


def test_what_dns_says_stands_beside_the_record_that_it_is_of():
    """Keys of ours that sign until one's own is found are looked up and not asked for."""
    names = ("mine._domainkey.x.org", "bounces.x.org", "bounces.x.org")
    records = [
        DnsRecord(name, kind, "") for name, kind in zip(names, ("TXT", "MX", "TXT"), strict=True)
    ]
    states = ("found", "different", "missing")
    findings = [
        finding("token._domainkey.x.org", "missing"),
        *(finding(name, state) for name, state in zip(names, states, strict=True)),
    ]
    lines = lines_of(records, findings)
    assert [(one.record, one.finding.state) for one in lines] == [
        *zip(records, states, strict=True)
    ]
    assert [one.finding for one in lines_of(records, [])] == [None] * 3
