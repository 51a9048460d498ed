"""The recipients a second of an account, on both engines: a burst, credit, what is given back."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pillarbox.accept.door import Door
from pillarbox.accept.prepare import Stamp
from pillarbox.accept.sending_rate import TOO_FAST, SendingRate
from pillarbox.base.errors import MessageRejected, TooManyRequests
from pillarbox.model.credentials import Caller
from pillarbox.model.send import InlineTemplate, SendRequest, TemplatedContent, TemplateUse
from pillarbox.store.portion_keeper import PortionKeeper
from pillarbox.store.tables import accounts, messages
from tests.store.accepting import HELLO
from tests.store.rows import ACCOUNT, NOW


class Worker:
    """The door of one worker, with a clock that stands until it is set."""

    def __init__(self, world, name: str, patience_s: float = 30.0) -> None:
        self.now = NOW
        self.world = world
        self.keeper = PortionKeeper(world.store, name, lambda: self.now)
        acceptance = world.acceptance
        rate = SendingRate(
            world.store, self.keeper, lambda: acceptance.rates, patience_s=patience_s
        )
        self.rate = rate
        self.door = Door(
            world.store,
            acceptance,
            stamp=lambda: Stamp.make(self.now, "us-east-1", "email.example.net", "boundary"),
            threads=ThreadPoolExecutor(1),
            accepted=lambda: None,
            rate=rate,
        )

    async def send(self, recipients: int = 1, sender: str = "a@example.com") -> str:
        caller = Caller(account_id=ACCOUNT, access_key_id="AKID", source_ip="192.0.2.1")
        to = tuple(f"r{number}@example.org" for number in range(recipients))
        request = SendRequest(caller=caller, content=HELLO, from_address=sender, to=to)
        return await self.door.accept(request)

    async def send_bulk(self, *senders: str) -> list:
        """Send a bulk of a message for each sender; give what became of each."""
        caller = Caller(account_id=ACCOUNT, access_key_id="AKID", source_ip="192.0.2.1")
        use = TemplateUse(template=InlineTemplate(subject="s", text="t"))
        content, to = TemplatedContent(use=use), ("r@example.org",)
        common = SendRequest(caller=caller, content=content, to=to)
        results = await self.door.accept_bulk(
            [replace(common, from_address=one) for one in senders]
        )
        return ["sent" if isinstance(one, str) else type(one) for one in results]

    async def refused(self, *given) -> bool:
        """Tell whether a message is too fast now, without waiting for its turn."""
        self.rate.patience_s = 0.0
        try:
            await self.send(*given)
        except TooManyRequests as error:
            assert (error.message, error.query_code, error.status) == (TOO_FAST, "Throttling", 429)
            return True
        return False


@pytest.fixture
async def worker(world):
    """A worker of an account with five recipients a second, whose portion is at hand."""
    world.change(accounts, max_rate=5.0)
    one = Worker(world, "node/0")
    running = asyncio.create_task(one.keeper.run())
    await one.rate.take(ACCOUNT, 1)
    one.rate.put_back(ACCOUNT, 1)
    yield one
    running.cancel()


async def test_a_burst_of_a_second_goes_through_and_then_so_many_a_second(worker):
    while not await worker.refused():
        pass
    first = worker.world.count(messages)
    assert 1 <= first <= 5
    worker.now += 10_000
    await worker.keeper.renew()
    while not await worker.refused():
        pass
    assert worker.world.count(messages) - first <= 5


async def test_each_recipient_counts_and_a_large_message_goes_on_credit(worker):
    worker.rate.patience_s = 0.0
    await worker.send(50)
    worker.now += 9_000
    assert await worker.refused()


async def test_what_is_refused_after_all_is_given_back(worker):
    for _ in range(20):
        with pytest.raises(MessageRejected):
            await worker.send(1, "a@unknown.example")
    assert not await worker.refused()


async def test_without_a_limit_nobody_waits(world):
    one = Worker(world, "node/0", patience_s=0.0)
    for _ in range(20):
        await one.send()
    assert world.count(messages) == 20


async def test_a_new_rate_holds_from_the_next_message_but_one(worker):
    worker.world.change(accounts, max_rate=0.0)
    worker.now += 60_000
    worker.rate.patience_s = 30.0
    await worker.send()
    for _ in range(20):
        assert not await worker.refused()


async def test_nobody_is_too_fast_before_the_worker_has_a_portion(world):
    keeper = Worker(world, "node/0").keeper
    taking = asyncio.create_task(keeper.take("sending x", 5.0, patience_s=1e-9))
    await asyncio.sleep(0)
    assert keeper.portions.wishes(NOW)
    assert not taking.done()
    await keeper.renew()
    assert await taking == 0.0
    while not await keeper.take("sending x", 5.0, patience_s=1e-9):
        pass


async def test_an_unknown_account_is_left_to_the_door(world):
    one = Worker(world, "node/0", patience_s=0.0)
    await one.rate.take("000000000000", 1000)


async def test_what_of_a_bulk_is_too_fast_is_refused_by_itself_and_uses_up_nothing(worker):
    worker.rate.patience_s = 0.0
    results = await worker.send_bulk(*["a@example.com"] * 20)
    sent = worker.world.count(messages)
    assert 1 <= sent <= 5
    assert results == ["sent"] * sent + [TooManyRequests] * (20 - sent)
    assert await worker.refused()


async def test_what_of_a_bulk_is_refused_after_all_is_given_back(worker):
    for _ in range(20):
        assert await worker.send_bulk("a@unknown.example") == [MessageRejected]
    assert await worker.send_bulk("a@example.com") == ["sent"]
