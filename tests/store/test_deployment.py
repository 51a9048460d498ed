"""What a deployment keeps about itself, its keys and its accounts, on both engines."""

from dataclasses import replace
from pathlib import Path

import pytest

from pillarbox.base.errors import AlreadyExists, BadRequest, NotFound, StartError
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Bootstrap, Deliver, Settings
from pillarbox.manage.deployment import (
    DEFAULT_ACCOUNT,
    change_mode,
    check_deployment,
    has_master_key,
    make_first_account,
)
from pillarbox.manage.people.accounts import create_account, list_accounts, set_account
from pillarbox.manage.people.keys import create_key, open_key, revoke_key
from pillarbox.store.generations import KEYS, read_scope
from pillarbox.store.people.keys import find_key, list_keys
from tests.store.rows import ACCOUNT, NOW, add_account

SEALER, OTHER = Sealer(b"m" * 32), Sealer(b"o" * 32)
CAPTURE = Settings(data=Path(), deliver=Deliver(mode="capture"))
RELAY = Settings(data=Path(), deliver=Deliver(mode="relay"))
DIRECT = Settings(data=Path(), deliver=Deliver(mode="direct"))


@pytest.fixture
def conn(store):
    with store.transaction() as opened:
        add_account(opened)
        yield opened


def test_the_first_start_decides_on_mode_and_master_key(store):
    with store.transaction() as conn:
        assert not has_master_key(conn)
        check_deployment(conn, CAPTURE, SEALER)
        assert has_master_key(conn)
    with store.transaction() as conn:
        check_deployment(conn, CAPTURE, SEALER)


@pytest.mark.parametrize(
    ("settings", "sealer", "words"),
    [
        (DIRECT, SEALER, "runs in capture mode, but the settings say direct"),
        (CAPTURE, OTHER, "not the master key"),
    ],
)
def test_a_node_of_another_mode_or_key_is_refused(store, settings, sealer, words):
    with store.transaction() as conn:
        check_deployment(conn, CAPTURE, SEALER)
    with pytest.raises(StartError, match=words), store.transaction() as conn:
        check_deployment(conn, settings, sealer)
    with store.transaction() as conn:
        check_deployment(conn, CAPTURE, SEALER)


def test_a_deployment_that_sends_may_do_so_in_another_way(store):
    with store.transaction() as conn:
        check_deployment(conn, DIRECT, SEALER)
    with pytest.raises(StartError, match="pillarbox db mode relay"), store.transaction() as conn:
        check_deployment(conn, RELAY, SEALER)
    with store.transaction() as conn:
        assert change_mode(conn, "relay") == "direct"
        check_deployment(conn, RELAY, SEALER)


def test_captured_mail_never_leaves_by_a_change_of_mode(store):
    with store.transaction() as conn:
        check_deployment(conn, CAPTURE, SEALER)
    with pytest.raises(StartError, match="another data directory"), store.transaction() as conn:
        change_mode(conn, "relay")


def test_the_first_key_is_made_and_given_once(store):
    with store.transaction() as conn:
        key = make_first_account(conn, CAPTURE, SEALER, NOW)
        assert make_first_account(conn, CAPTURE, SEALER, NOW) is None
        (account,) = list_accounts(conn)
        assert (account.id, account.production) == (DEFAULT_ACCOUNT, True)
        opened = open_key(conn, SEALER, key.access_key_id)
        assert (opened.secret, opened.account_id) == (key.secret_access_key, DEFAULT_ACCOUNT)
        assert len(list_keys(conn, None)) == 1


def test_the_settings_key_is_kept_and_not_given(store):
    given = Bootstrap(access_key_id="AKIDEXAMPLE00000", secret_access_key="s3cret+/")
    with store.transaction() as conn:
        assert make_first_account(conn, replace(CAPTURE, bootstrap=given), SEALER, NOW) is None
        assert open_key(conn, SEALER, "AKIDEXAMPLE00000").secret == "s3cret+/"


def test_no_account_is_made_beside_others_and_a_key_only_where_it_is_shown(conn):
    assert make_first_account(conn, CAPTURE, SEALER, NOW, make_key=False) is None
    assert list_keys(conn, None) == []
    key = make_first_account(conn, CAPTURE, SEALER, NOW)
    assert [one.id for one in list_keys(conn, None)] == [key.access_key_id]
    assert [one.id for one in list_accounts(conn)] == [ACCOUNT]


def test_a_revoked_first_key_is_not_made_again(conn):
    key = make_first_account(conn, CAPTURE, SEALER, NOW)
    revoke_key(conn, key.access_key_id, now=NOW)
    assert make_first_account(conn, CAPTURE, SEALER, NOW) is None


def test_the_settings_key_is_kept_beside_others_and_stays_revoked(conn):
    create_key(conn, SEALER, ACCOUNT, now=NOW)
    given = Bootstrap(access_key_id="AKIDEXAMPLE00000", secret_access_key="s3cret+/")
    for _ in range(2):
        assert make_first_account(conn, replace(CAPTURE, bootstrap=given), SEALER, NOW) is None
    assert open_key(conn, SEALER, "AKIDEXAMPLE00000").secret == "s3cret+/"
    revoke_key(conn, "AKIDEXAMPLE00000", now=NOW)
    make_first_account(conn, replace(CAPTURE, bootstrap=given), SEALER, NOW)
    assert open_key(conn, SEALER, "AKIDEXAMPLE00000") is None


def test_a_key_opens_with_what_it_was_made_with(conn):
    key = create_key(conn, SEALER, ACCOUNT, now=NOW)
    assert key.access_key_id.startswith("AKIA")
    assert (len(key.access_key_id), len(key.secret_access_key)) == (20, 40)
    opened = open_key(conn, SEALER, key.access_key_id)
    assert opened.secret == key.secret_access_key
    assert opened.operations is opened.session_token is opened.expires_at is None
    assert not opened.account_closed


def test_a_temporary_key_has_a_token_and_an_end(conn):
    key = create_key(conn, SEALER, ACCOUNT, now=NOW, session_seconds=3600)
    assert key.access_key_id.startswith("ASIA")
    opened = open_key(conn, SEALER, key.access_key_id)
    assert opened.session_token == key.session_token
    assert opened.expires_at == key.expires_at == NOW + 3_600_000


@pytest.mark.parametrize("operations", [(), ("SendEmail",), ("SendRawEmail", "SendEmail")])
def test_a_limited_key_stays_limited(conn, operations):
    key = create_key(conn, SEALER, ACCOUNT, now=NOW, operations=operations)
    assert open_key(conn, SEALER, key.access_key_id).operations == frozenset(operations)


@pytest.mark.parametrize("seconds", [0, -1, 36 * 3600 + 1])
def test_a_session_of_another_length_is_refused(conn, seconds):
    with pytest.raises(BadRequest, match="from 1 to 129600 seconds"):
        create_key(conn, SEALER, ACCOUNT, now=NOW, session_seconds=seconds)


def test_a_key_of_no_account_is_refused(conn):
    with pytest.raises(NotFound, match="Account 000000000000 does not exist"):
        create_key(conn, SEALER, "000000000000", now=NOW)


def test_a_secret_lies_sealed_and_opens_in_its_row_only(conn):
    key = create_key(conn, SEALER, ACCOUNT, now=NOW)
    row = find_key(conn, key.access_key_id)
    assert key.secret_access_key.encode() not in row.secret_sealed
    with pytest.raises(StartError):
        SEALER.open(row.secret_sealed, "access_keys/another")
    with pytest.raises(StartError):
        open_key(conn, OTHER, key.access_key_id)


def test_a_revoked_key_is_unknown_from_then_on(conn):
    key = create_key(conn, SEALER, ACCOUNT, now=NOW)
    before = read_scope(conn, KEYS)
    revoke_key(conn, key.access_key_id, now=NOW)
    assert open_key(conn, SEALER, key.access_key_id) is None
    assert read_scope(conn, KEYS) > before
    for gone in (key.access_key_id, "AKIANOTHING"):
        with pytest.raises(NotFound, match="does not exist or is revoked already"):
            revoke_key(conn, gone, now=NOW)


def test_a_closed_accounts_keys_say_so(conn):
    key = create_key(conn, SEALER, ACCOUNT, now=NOW)
    before = read_scope(conn, KEYS)
    set_account(conn, ACCOUNT, {"status": "closed"}, now=NOW)
    assert open_key(conn, SEALER, key.access_key_id).account_closed
    assert read_scope(conn, KEYS) > before


@pytest.mark.parametrize(
    ("production", "max_24h", "max_rate"), [(True, -1.0, 10_000.0), (False, 200.0, 1.0)]
)
def test_a_new_account_has_the_limits_of_its_kind(conn, production, max_24h, max_rate):
    made = create_account(conn, now=NOW, production=production)
    assert (made.max_24h, made.max_rate) == (max_24h, max_rate)
    assert len(made.id) == 12
    assert made.name == made.id
    assert made in list_accounts(conn)


@pytest.mark.parametrize(
    ("account_id", "error"),
    [
        ("12345678901", BadRequest),
        ("1234567890123", BadRequest),
        ("12345678901x", BadRequest),
        ("١٢٣٤٥٦٧٨٩٠١٢", BadRequest),
        (ACCOUNT, AlreadyExists),
    ],
)
def test_an_account_id_is_twelve_digits_and_free(conn, account_id, error):
    with pytest.raises(error):
        create_account(conn, now=NOW, account_id=account_id, production=True)


def test_changing_an_account_raises_its_generation(conn):
    before = list_accounts(conn)[0].generation
    changed = set_account(conn, ACCOUNT, {"production": False, "max_24h": 5.0}, now=NOW)
    assert (changed.production, changed.max_24h, changed.generation) == (False, 5.0, before + 1)
    assert set_account(conn, ACCOUNT, {}, now=NOW).generation == before + 1
    with pytest.raises(NotFound):
        set_account(conn, "000000000000", {"production": True}, now=NOW)
