"""Private keys are opened once for all who sign with them, and in a thread."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pillarbox.base.errors import StartError
from pillarbox.identity.dkim_keys import DkimKeys
from pillarbox.store.identity.identities import insert_tokens
from tests.store.identity_world import SEALER, key_row
from tests.store.rows import ACCOUNT, NOW


class CountedThreads(ThreadPoolExecutor):
    """Threads that count what they are given to do."""

    given = 0

    def submit(self, *args, **options):
        self.given += 1
        return super().submit(*args, **options)


@pytest.fixture
def threads():
    with CountedThreads(1) as pool:
        yield pool


@pytest.fixture
def keys(store, threads):
    return DkimKeys(store, SEALER, threads)


def keep(store, row):
    with store.transaction() as conn:
        insert_tokens(conn, ACCOUNT, "example.com", [row], NOW)


async def test_a_key_is_opened_once_for_all_who_ask_meanwhile(store, keys, threads):
    keep(store, key_row(0, "t0"))
    first, *others = await asyncio.gather(*(keys.find("t0") for _ in range(200)))
    assert first.key_size == 1024
    assert all(other is first for other in others)
    assert await keys.find("t0") is first
    assert threads.given == 1


async def test_who_gives_up_waiting_for_a_key_takes_it_from_nobody(store, keys, threads):
    keep(store, key_row(0, "t0"))
    gate = threading.Event()
    threads.submit(gate.wait)
    impatient, patient = (asyncio.create_task(keys.find("t0")) for _ in range(2))
    await asyncio.sleep(0)  # both have asked
    impatient.cancel()
    gate.set()
    assert (await patient).key_size == 1024
    assert impatient.cancelled()


async def test_a_key_that_was_not_there_is_looked_for_again(store, keys):
    assert await keys.find("t0") is None
    keep(store, key_row(0, "t0"))
    assert (await keys.find("t0")).key_size == 1024


async def test_a_key_that_does_not_open_fails_each_who_asked(store, keys, threads):
    keep(store, key_row(0, "t0"))
    with store.transaction() as conn:
        conn.exec_driver_sql("UPDATE dkim_tokens SET token = 'moved'")
    asked = await asyncio.gather(*(keys.find("moved") for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in asked] == [StartError] * 3
    assert threads.given == 1
