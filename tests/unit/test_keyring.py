"""The key ring: one read serves many requests; what is committed counts from the next one on."""

import asyncio

import pytest

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.secrets import Sealer
from pillarbox.manage.people import keyring as module
from pillarbox.manage.people.accounts import set_account
from pillarbox.manage.people.keyring import KeyRing
from pillarbox.manage.people.keys import create_key, open_key, revoke_key
from tests.store.rows import ACCOUNT, NOW
from tests.unit.sqlite import Outage, serving_store

SEALER = Sealer(b"m" * 32)


class Ring:
    """A key ring over a real store that counts the keys it opens and the generations it reads."""

    def __init__(self, store) -> None:
        self.store = store
        self.opened: list[str] = []
        self.reads = 0
        self.ring = KeyRing(store, self.open)
        self._generation = store.generation
        store.generation = self.count

    def open(self, conn, access_key_id):
        self.opened.append(access_key_id)
        return open_key(conn, SEALER, access_key_id)

    async def count(self, scope):
        self.reads += 1
        return await self._generation(scope)

    def commit(self, function, *args, **values):
        with self.store.transaction() as conn:
            return function(conn, *args, **values)

    def new_key(self) -> str:
        return self.commit(create_key, SEALER, ACCOUNT, now=NOW).access_key_id


@pytest.fixture
def keys(tmp_path):
    with serving_store(tmp_path) as store:
        yield Ring(store)


async def test_a_secret_is_opened_once_while_nothing_changes(keys):
    name = keys.new_key()
    found = [await keys.ring.find(name) for _ in range(5)]
    assert {one.access_key_id for one in found} == {name}
    assert keys.opened == [name]


async def test_an_unknown_key_is_asked_for_once_while_nothing_changes(keys):
    assert [await keys.ring.find("AKIANOTHING") for _ in range(3)] == [None] * 3
    assert keys.opened == ["AKIANOTHING"]


async def test_what_is_committed_counts_from_the_next_request_on(keys):
    assert await keys.ring.find("AKIANOTHING") is None
    name = keys.new_key()
    assert (await keys.ring.find(name)).account_id == ACCOUNT
    keys.commit(set_account, ACCOUNT, {"status": "closed"}, now=NOW)
    assert (await keys.ring.find(name)).account_closed
    keys.commit(revoke_key, name, now=NOW)
    assert await keys.ring.find(name) is None


async def test_requests_that_wait_together_share_one_read(keys):
    name = keys.new_key()
    await keys.ring.find(name)
    keys.reads = 0
    found = await asyncio.gather(*(keys.ring.find(name) for _ in range(50)))
    assert len(found) == 50
    assert keys.reads == 1


async def test_a_request_that_comes_during_a_read_waits_for_the_next(keys):
    """It must not be answered from what was read before it came."""
    name = keys.new_key()
    reading, go_on, read = asyncio.Event(), asyncio.Event(), keys.store.generation

    async def slow(scope):
        result = await read(scope)
        reading.set()
        await go_on.wait()
        return result

    keys.store.generation = slow
    early = asyncio.create_task(keys.ring.find(name))
    await reading.wait()
    keys.commit(revoke_key, name, now=NOW)
    late = asyncio.create_task(keys.ring.find(name))
    go_on.set()
    assert await late is None
    await early


async def test_when_the_store_is_down_each_request_is_told_and_the_next_tries_again(keys):
    name = keys.new_key()
    outage = Outage(keys.store)
    outage.down = True
    told = await asyncio.gather(*(keys.ring.find(name) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in told] == [ServiceUnavailable] * 3
    outage.down = False
    assert (await keys.ring.find(name)).access_key_id == name


async def test_one_who_gives_up_takes_nothing_from_the_others(keys):
    name = keys.new_key()
    first, second = (asyncio.create_task(keys.ring.find(name)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).access_key_id == name


async def test_the_ring_is_bounded(keys, monkeypatch):
    monkeypatch.setattr(module, "MAX_KEYS", 3)
    for number in range(10):
        await keys.ring.find(f"AKIA{number}")
        assert len(keys.ring._keys) <= 3
