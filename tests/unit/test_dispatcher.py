"""The queue's loop over a real store: what it hands on and holds, when it wakes and stops."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select

from pillarbox.queue import dispatcher as module
from pillarbox.queue.dispatcher import Dispatcher, Room
from pillarbox.store.mail.lanes import something_due
from pillarbox.store.tables import recipients
from tests.peers.wait import ARRIVAL_SECONDS
from tests.store.rows import accepted, put
from tests.unit.sqlite import Outage, serving_store

BEFORE = 1_700_000_000_000
ROOM = Room(rows=64, bytes=1 << 20, lane_cap=64)


@pytest.fixture
def store(tmp_path):
    with serving_store(tmp_path) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_polling(monkeypatch):
    """What happens here happens because somebody woke the loop, not because time passed."""
    monkeypatch.setattr(module, "POLL_SECONDS", 3600.0)


def queue(store, *messages):
    with store.transaction() as conn:
        put(conn, *messages)


def to(*addresses, content=b"Subject: x\r\n\r\nhello\r\n"):
    return accepted(*addresses, now=BEFORE, content=content)


class Worker:
    """Stands where delivery stands: keeps parcels until it is let go on."""

    def __init__(self, store, room=ROOM, *, hold=False) -> None:
        self.parcels = []
        self.held: Counter[str] = Counter()
        self.most = Counter()
        self.served = asyncio.Queue()
        self.go_on = asyncio.Event()
        if not hold:
            self.go_on.set()
        self.dispatcher = Dispatcher(store, "node/0", self.process, room)

    async def process(self, parcel, finished) -> None:
        self.parcels.append(parcel)
        self.held["rows"] += len(parcel.claims)
        self.held["bytes"] += sum(claim.size for claim in parcel.claims)
        self.most = self.most | self.held
        self.served.put_nowait(parcel)
        await self.go_on.wait()
        for claim in parcel.claims:
            self.held["rows"] -= 1
            self.held["bytes"] -= claim.size
            finished(claim)

    async def __aenter__(self):
        self.running = asyncio.create_task(self.dispatcher.run())
        return self

    async def __aexit__(self, *_):
        self.go_on.set()
        await self.dispatcher.stop(ARRIVAL_SECONDS)
        await self.running

    async def next(self, count=1):
        return [await asyncio.wait_for(self.served.get(), ARRIVAL_SECONDS) for _ in range(count)]


async def test_a_message_and_its_recipients_come_as_one_parcel(store):
    one, two = to("a@x.org", "b@x.org", "c@y.org"), to("d@x.org", content=b"other")
    queue(store, one, two)
    async with Worker(store) as worker:
        parcels = {parcel.message.id: parcel for parcel in await worker.next(2)}
    parcel = parcels[one.message.id]
    assert {claim.address for claim in parcel.claims} == {"a@x.org", "b@x.org", "c@y.org"}
    assert (parcel.message, parcel.content) == (one.message, one.content)
    assert parcels[two.message.id].content == b"other"


async def test_no_more_rows_are_held_than_there_is_room_for(store):
    queue(store, *(to(f"r{n}@x{n % 3}.org") for n in range(20)))
    async with Worker(store, Room(rows=8, bytes=1 << 20, lane_cap=8), hold=True) as worker:
        await worker.next(8)
        assert worker.dispatcher.in_flight == 8
        worker.go_on.set()
        await worker.next(12)
    assert worker.most["rows"] == 8
    assert worker.dispatcher.in_flight == 0


async def test_no_more_bytes_are_held_than_there_is_room_for_and_one_message(store):
    queue(store, *(to(f"r{n}@x.org", content=b"x" * 1000) for n in range(10)))
    async with Worker(store, Room(rows=64, bytes=2500, lane_cap=64)) as worker:
        await worker.next(10)
    assert worker.most["bytes"] <= 2500 + 1000


async def test_a_message_larger_than_the_room_goes_alone(store):
    queue(store, *(to(f"r{n}@x.org", content=b"x" * 5000) for n in range(3)))
    async with Worker(store, Room(rows=64, bytes=2500, lane_cap=64)) as worker:
        await worker.next(3)
    assert worker.most["rows"] == 1


async def test_a_lane_that_hangs_holds_no_other_up(store):
    queue(store, *(to(f"r{n}@dead.org") for n in range(30)))
    async with Worker(store, Room(rows=64, bytes=1 << 20, lane_cap=4), hold=True) as worker:
        await worker.next(4)
        queue(store, to("a@alive.org"))
        worker.dispatcher.wake()
        (parcel,) = await worker.next()
        assert parcel.claims[0].address == "a@alive.org"
        assert worker.dispatcher.in_flight == 5


async def test_wake_is_heard_at_once_while_it_rests(store, monkeypatch):
    looked, read = asyncio.Event(), store.read

    async def watched(function):
        result = await read(function)
        looked.set()
        return result

    monkeypatch.setattr(store, "read", watched)
    async with Worker(store) as worker:
        await looked.wait()
        queue(store, to("a@x.org"))
        worker.dispatcher.wake()
        assert len(await worker.next()) == 1


async def test_stop_waits_for_what_is_under_way_and_claims_no_more(store):
    queue(store, to("a@x.org"))
    worker = Worker(store, hold=True)
    running = asyncio.create_task(worker.dispatcher.run())
    await worker.next()
    stopping = asyncio.create_task(worker.dispatcher.stop(ARRIVAL_SECONDS))
    await running
    queue(store, to("b@x.org"))
    worker.dispatcher.wake()
    assert not stopping.done()
    worker.go_on.set()
    await stopping
    assert worker.dispatcher.in_flight == 0
    assert len(worker.parcels) == 1


async def test_stop_cancels_what_takes_too_long_and_leaves_it_to_its_lease(store):
    queue(store, to("a@x.org"))
    worker = Worker(store, hold=True)
    running = asyncio.create_task(worker.dispatcher.run())
    await worker.next()
    await worker.dispatcher.stop(0)
    await running
    assert await store.read(lambda conn: something_due(conn, BEFORE + 10**12))


async def test_a_bug_in_one_parcel_is_reported_and_stops_nothing(store):
    reported = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    worker = Worker(store)

    async def fail_first(parcel, finished):
        if parcel.claims[0].address == "bug@x.org":
            raise ZeroDivisionError
        await Worker.process(worker, parcel, finished)

    worker.dispatcher = Dispatcher(store, "node/0", fail_first, ROOM)
    queue(store, to("bug@x.org"), to("a@x.org"))
    async with worker:
        await worker.next()
    assert [type(one["exception"]) for one in reported] == [ZeroDivisionError]
    assert worker.dispatcher.in_flight == 0


async def test_it_goes_on_when_the_store_comes_back(store, monkeypatch):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.001)
    outage = Outage(store)
    outage.down = True
    async with Worker(store) as worker:
        await outage.refusals(3)
        outage.down = False
        queue(store, to("a@x.org"))
        assert len(await worker.next()) == 1


async def test_leases_of_what_is_held_are_renewed(store, monkeypatch):
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.001)
    queue(store, to("a@x.org"))

    def lease(conn):
        return conn.execute(select(recipients.c.due_at)).scalar_one()

    async with Worker(store, hold=True) as worker:
        (parcel,) = await worker.next()
        while await store.read(lease) <= parcel.claims[0].lease_until:
            pass
