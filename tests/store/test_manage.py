"""Managing identities and configuration sets, on both engines."""

import asyncio

import pytest

from pillarbox.base.errors import AlreadyExists, ApiError, ConcurrentModification, LimitExceeded
from pillarbox.manage.identities import creation as identity_creation
from pillarbox.manage.identities import identities
from pillarbox.manage.identities import listing as identity_list
from pillarbox.manage.identities.creation import Made, NewIdentity
from pillarbox.manage.identities.listing import IdentityFilter
from pillarbox.manage.paging import Paging
from pillarbox.manage.sets import configuration_sets as sets
from pillarbox.manage.sets.configuration_sets import ConfigurationSet
from pillarbox.model.verification import LINK_MS
from pillarbox.store.identity.identities import TokenRow, find_identity, list_tokens
from tests.store.rows import ACCOUNT, NOW, add_account

PLAIN = ConfigurationSet(name="a", sending_enabled=True, reputation_metrics=True)
DOMAIN = NewIdentity(name="example.com", tags=(("k", "v"),))


def tokens(prefix="t"):
    return [
        TokenRow(token=f"{prefix}{n}", private_key_sealed=b"sealed", public_key="p") for n in "123"
    ]


def create(conn, new=DOMAIN, made=None, *, again=False, **limits):
    return identity_creation.create_identity(
        conn,
        ACCOUNT,
        new,
        Made(keys=tokens() if made is None else made),
        now=NOW,
        again=again,
        everything_verified=False,
        **limits,
    )


def create_set(conn, new=PLAIN, **limits):
    sets.create_configuration_set(conn, ACCOUNT, new, now=NOW, everything_verified=False, **limits)


@pytest.fixture
def account(store):
    with store.transaction() as conn:
        add_account(conn)


def test_an_identity_is_stored_with_its_tokens_in_order(store, account):
    with store.transaction() as conn:
        created = create(conn)
        assert created.tokens == ("t1", "t2", "t3")
        assert created.status == "NOT_STARTED"
        assert list_tokens(conn, ACCOUNT, "example.com") == ["t1", "t2", "t3"]
        row = find_identity(conn, ACCOUNT, "example.com")
        assert (row.status, row.next_check_at, row.checks) == ("PENDING", NOW, 0)


def test_an_address_has_no_tokens_and_is_looked_at_when_its_link_has_run_out(store, account):
    with store.transaction() as conn:
        assert create(conn, NewIdentity(name="a@example.com"), []).tokens == ()
        assert find_identity(conn, ACCOUNT, "a@example.com").next_check_at == NOW + LINK_MS


async def test_of_two_who_create_the_same_one_wins_and_the_other_is_told(store, account):
    async def one(prefix):
        try:
            await store.write(lambda conn: create(conn, made=tokens(prefix)))
        except ApiError as error:
            return type(error)
        return None

    results = await asyncio.gather(*(one(prefix) for prefix in "xyz"))
    assert sorted(map(str, results)) == sorted(map(str, [None, AlreadyExists, AlreadyExists]))


def test_a_row_that_came_between_check_and_insert_is_no_failure(store, account, monkeypatch):
    with store.transaction() as conn:
        create(conn)
        create_set(conn)
    monkeypatch.setattr(identity_creation, "find_identity", lambda *_: None)
    monkeypatch.setattr(sets, "find_configuration_set", lambda *_: None)
    with store.transaction() as conn:
        for late in (create, create_set):
            with pytest.raises(AlreadyExists):
                late(conn)


def test_a_domain_is_never_made_without_tokens(store, account):
    with pytest.raises(ConcurrentModification), store.transaction() as conn:
        create(conn, made=[])
    with store.transaction() as conn:
        assert find_identity(conn, ACCOUNT, "example.com") is None


def test_the_limits_hold(store, account, monkeypatch):
    with store.transaction() as conn:
        create(conn)
        create_set(conn)
        with pytest.raises(LimitExceeded):
            create(conn, NewIdentity(name="b.example"), most=1)
        with pytest.raises(LimitExceeded):
            create_set(
                conn,
                ConfigurationSet(name="b", sending_enabled=True, reputation_metrics=True),
                most=1,
            )
        assert create(conn, again=True, most=1).tokens == ("t1", "t2", "t3")


def test_deleting_retires_the_tokens_and_creating_again_takes_new_ones(store, account):
    with store.transaction() as conn:
        create(conn)
        identities.delete_identity(conn, ACCOUNT, "Example.com", now=NOW)
        assert list_tokens(conn, ACCOUNT, "example.com") == []
        assert create(conn, made=tokens("n")).tokens == ("n1", "n2", "n3")
        assert list_tokens(conn, ACCOUNT, "example.com") == ["n1", "n2", "n3"]


def test_names_that_mix_cases_and_dashes_page_without_loss(store, account):
    names = ["B", "a", "A-1", "a_1", "Z", "z", "a-1"]
    paging = Paging(b"k", ACCOUNT, "configuration-sets")
    with store.transaction() as conn:
        for name in names:
            create_set(
                conn, ConfigurationSet(name=name, sending_enabled=True, reputation_metrics=True)
            )
        seen, token = [], None
        while True:
            page = sets.list_configuration_sets(conn, paging, token=token, size=2, contains=None)
            seen += page.items
            token = page.next_token
            if token is None:
                break
    assert seen == sorted(names)


def test_a_filter_is_text_and_no_pattern(store, account):
    paging = Paging(b"k", ACCOUNT, "identities")
    with store.transaction() as conn:
        for name in ("a_b@example.com", "axb@example.com"):
            create(conn, NewIdentity(name=name), [])
        page = identity_list.list_identities(
            conn,
            paging,
            token=None,
            size=None,
            least_size=1,
            wanted=IdentityFilter(contains="A_B"),
            everything_verified=False,
        )
    assert [one.name for one in page.items] == ["a_b@example.com"]
