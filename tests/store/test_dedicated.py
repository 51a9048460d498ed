"""Pools, addresses and tags on both engines; two who change the same thing at once."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import update

from pillarbox.base.errors import AlreadyExists, ApiError, BadRequest, NotFound
from pillarbox.manage.addresses import dedicated_ips, dedicated_pools
from pillarbox.manage.addresses import stock as address_stock
from pillarbox.manage.addresses.dedicated_pools import NewPool
from pillarbox.manage.addresses.stock import NewAddress
from pillarbox.manage.resource_tags import list_tags, tag_resource
from pillarbox.model.sending_address import DEFAULT_POOL, SHARED_POOL
from pillarbox.store.addresses.dedicated_ips import ADDRESSES
from pillarbox.store.generations import read_scope
from pillarbox.store.mail.lanes import due_lanes, fold_wakes
from pillarbox.store.tables import lanes, recipients
from tests.store.rows import ACCOUNT, NOW, accepted, add_account, put, states

ARN = f"arn:aws:ses:us-east-1:{ACCOUNT}:dedicated-ip-pool/a"


@pytest.fixture
def account(store):
    with store.transaction() as conn:
        add_account(conn)
        dedicated_pools.create_pool(conn, ACCOUNT, NewPool(name="a"), now=NOW)


def new(address="192.0.2.1", **more):
    values = {"helo": "A.mail.test", "node": "n", "account_id": ACCOUNT, **more}
    return NewAddress(address=address, **values)


def add(store, one):
    with store.transaction() as conn:
        return address_stock.add_address(conn, one, now=NOW)


def generation(store):
    with store.transaction() as conn:
        return read_scope(conn, ADDRESSES)


def test_an_address_is_kept_as_it_was_added(store, account):
    added = add(store, new("2001:DB8::1", pool="a", bind="fd00::1"))
    with store.transaction() as conn:
        assert address_stock.list_stock(conn) == [added]
    assert (added.address, added.bind, added.helo) == ("2001:db8::1", "fd00::1", "a.mail.test")
    assert (added.pool_name, added.warmup_started_at) == ("a", NOW)


def test_a_shared_address_is_warm_and_nobodys(store, account):
    added = add(store, new(account_id=None, pool=SHARED_POOL))
    assert (added.account_id, added.pool_name) == (None, SHARED_POOL)
    assert added.warmup_started_at is None


@pytest.mark.parametrize(
    ("one", "error"),
    [
        (new("nonsense"), BadRequest),
        (new("0.0.0.0"), BadRequest),
        (new("ff02::1"), BadRequest),
        (new("fe80::1%eth0"), BadRequest),
        (new(bind="nonsense"), BadRequest),
        (new(bind="::1"), BadRequest),
        (new(helo="x"), BadRequest),
        (new(pool="No!"), BadRequest),
        (new(pool="no"), NotFound),
        (new(account_id="000000000000"), NotFound),
        (new(account_id=None, pool="a"), BadRequest),
    ],
)
def test_what_can_not_be_an_address_is_refused_and_leaves_nothing(store, account, one, error):
    with pytest.raises(error):
        add(store, one)
    with store.transaction() as conn:
        assert address_stock.list_stock(conn) == []


def test_an_address_is_there_once_whoever_has_it(store, account):
    add(store, new(account_id=None))
    with pytest.raises(AlreadyExists):
        add(store, new())


def test_each_change_is_told_to_the_workers(store, account):
    seen = [generation(store)]
    add(store, new())
    seen.append(generation(store))
    for change in (
        lambda conn: dedicated_ips.move_address(conn, ACCOUNT, "192.0.2.1", "a", now=NOW),
        lambda conn: dedicated_ips.set_warmup(conn, ACCOUNT, "192.0.2.1", 50, now=NOW),
        lambda conn: dedicated_pools.delete_pool(conn, ACCOUNT, "a"),
        lambda conn: address_stock.remove_address(conn, "192.0.2.1"),
    ):
        with store.transaction() as conn:
            change(conn)
        seen.append(generation(store))
    assert seen == list(range(6))


def test_what_is_removed_is_gone(store, account):
    add(store, new())
    with store.transaction() as conn:
        address_stock.remove_address(conn, "192.0.2.1")
        with pytest.raises(NotFound):
            address_stock.remove_address(conn, "192.0.2.1")
        with pytest.raises(NotFound):
            dedicated_ips.get_address(conn, ACCOUNT, "192.0.2.1")


def at_once(store, first, second):
    """Run `second` in a thread while `first` has not committed yet."""
    begun = threading.Event()

    def run():
        begun.set()
        with suppress(ApiError), store.transaction() as conn:
            second(conn)

    thread = threading.Thread(target=run)
    with store.transaction() as conn:
        first(conn)
        thread.start()
        begun.wait()
    thread.join()


def delete(conn):
    dedicated_pools.delete_pool(conn, ACCOUNT, "a")


def move(conn):
    dedicated_ips.move_address(conn, ACCOUNT, "192.0.2.1", "a", now=NOW)


@pytest.mark.parametrize("order", [(delete, move), (move, delete)])
def test_no_address_is_left_in_a_pool_that_is_deleted_at_once(store, account, order):
    add(store, new())
    at_once(store, *order)
    with store.transaction() as conn:
        found = dedicated_ips.get_address(conn, ACCOUNT, "192.0.2.1")
    assert found.pool_name == DEFAULT_POOL


def tag(key):
    return lambda conn: tag_resource(conn, ACCOUNT, "us-east-1", ARN, ((key, "v"),))


def test_of_two_who_tag_at_once_neither_loses(store, account):
    at_once(store, tag("one"), tag("two"))
    with store.transaction() as conn:
        assert dict(list_tags(conn, ACCOUNT, "us-east-1", ARN)) == {"one": "v", "two": "v"}


def test_of_two_who_make_a_pool_at_once_one_does(store, account):
    made = []

    def create(conn):
        dedicated_pools.create_pool(conn, ACCOUNT, NewPool(name="b"), now=NOW)
        made.append(conn)

    at_once(store, create, create)
    assert len(made) == 1


NO_ADDRESS = "451 4.3.5 There is no address in pool a"
LATER = NOW + 3_600_000


def wait_with(store, reply, pool):
    """Queue a message that waits with a reply until later."""
    address = f"to{len(reply)}{pool}@example.org"
    with store.transaction() as conn:
        put(conn, accepted(address, sending_pool=pool))
        of_it = recipients.c.address == address
        conn.execute(update(recipients).where(of_it).values(due_at=LATER, last_reply=reply))
        fold_wakes(conn)
        conn.execute(lanes.update().values(due_at=LATER))
    return address


@pytest.mark.parametrize(
    "change",
    [
        lambda conn: dedicated_ips.move_address(conn, ACCOUNT, "192.0.2.1", "a", now=NOW),
        lambda conn: address_stock.add_address(conn, new("192.0.2.2", pool="a"), now=NOW),
    ],
)
def test_mail_that_waited_for_an_address_is_due_when_there_is_one(store, account, change):
    add(store, new())
    woken = wait_with(store, NO_ADDRESS, "a")
    for reply, pool in [("421 4.4.1 down", "a"), (NO_ADDRESS, "b"), (NO_ADDRESS, None)]:
        wait_with(store, reply, pool)
    with store.transaction() as conn:
        change(conn)
        due = {address for address, _, due_at, _ in states(conn) if due_at == NOW}
        fold_wakes(conn)
        assert list(due_lanes(conn, NOW, "", 10)) == [f"example.org {ACCOUNT}/a"]
    assert due == {woken}


def test_mail_of_the_default_pool_is_woken_whether_it_names_it_or_not(store, account):
    woken = {wait_with(store, NO_ADDRESS, pool) for pool in (None, DEFAULT_POOL)}
    wait_with(store, NO_ADDRESS, "a")
    add(store, new())
    with store.transaction() as conn:
        assert {one for one, _, due_at, _ in states(conn) if due_at == NOW} == woken
