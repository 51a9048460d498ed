"""A slow peer and a lease that is lost meanwhile: the transaction ends before the final dot."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.pipeline import Pipeline
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.model.queued import DELIVERED, QUEUED
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.queue.dispatcher import Parcel
from pillarbox.queue.lease import LEASE_MS, UNSURE_MS
from pillarbox.store.tables import recipients
from tests.deliver.fake_dns import FakeAnswer, FakeResolver
from tests.peers.scripted_mx import Mx, ended
from tests.peers.wait import ARRIVAL_SECONDS
from tests.store.rows import accepted, put, states
from tests.unit.sqlite import Outage, serving_store

DNS = FakeResolver(
    {
        ("x.org", "MX"): FakeAnswer(records=("10 mx.x.org",)),
        ("mx.x.org", "A"): FakeAnswer(records=("127.0.0.1",)),
    }
)


@dataclass
class SlowMx(Mx):
    """Answers DATA when it is told to."""

    waits: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, writer, verb, usual):
        if verb == "DATA" and self.gate is not None:
            self.waits.set()
            await self.gate.wait()
        await super().answer(writer, verb, usual)

    async def take(self, reader, writer, *, secured):
        gate, self.gate = self.gate, None
        await super().take(reader, writer, secured=secured)
        self.gate = gate

    async def asked(self):
        """Wait until a client waits for the answer to DATA."""
        async with asyncio.timeout(ARRIVAL_SECONDS):
            await self.waits.wait()


class Copies:
    async def copy_for(self, _position):
        return (b"Subject: x\r\n\r\n", b"hello\r\n")


class Hop:
    """The last hop to the MX host, without addresses of our own."""

    def __init__(self, deliverer):
        self.deliver_to = deliverer

    async def deliver(self, _claim, _message, envelope, content):
        return await self.deliver_to.deliver(envelope, content)


class World:
    """A worker that delivers over real sockets, and what is in its store."""

    def __init__(self, store, deliverer):
        self.store = store
        self.pipeline = Pipeline(
            store=store,
            compose=self.compose,
            render=self.render,
            last_hop=Hop(deliverer),
            return_path=lambda *_: "v@bounce.example",
            reporting_mta="mta",
            region="us-east-1",
            settled=lambda _: None,
        )

    async def compose(self, _message, content):
        return content

    async def render(self, _message, _content):
        return Copies()

    def claimed(self, owner: str, now: int, lease_ms: int) -> Parcel:
        request = ClaimRequest(
            owner=owner,
            now=now,
            lease_ms=lease_ms,
            rows=10,
            bytes=1 << 20,
            after_lane="",
            in_flight={},
            lane_cap=10,
        )
        with self.store.transaction() as conn:
            claims = claim_batch(conn, [request])[0].claims
        return Parcel(self.message, b"", claims)

    def queued(self) -> None:
        one = accepted("a@x.org", now=now_ms())
        self.message = replace(one.message, deadline=now_ms() + 3_600_000)
        with self.store.transaction() as conn:
            put(conn, replace(one, message=self.message))

    async def process(self, parcel):
        await self.pipeline.process(parcel, lambda _: None)

    def state(self) -> tuple[int, int, str | None]:
        with self.store.transaction() as conn:
            ((_, state, due_at, owner),) = states(conn)
        return state, due_at, owner


@pytest.fixture
def world(tmp_path):
    @asynccontextmanager
    async def opened(mx):
        server = await asyncio.start_server(mx.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        how = DeliverSettings(hello="us", smtp_port=port, allow_private_destinations=True)
        deliverer = MxDeliverer(DNS, how)
        with serving_store(tmp_path) as store:
            here = World(store, deliverer)
            here.queued()
            try:
                yield here
            finally:
                await deliverer.close()
                await ended(mx, server)

    return opened


async def test_who_lost_its_lease_sends_no_final_dot_and_the_other_delivers_once(world):
    mx = SlowMx(gate=asyncio.Event())
    async with world(mx) as here:
        slow = here.claimed("node/0", now_ms(), 1000)
        attempt = asyncio.create_task(here.process(slow))
        await mx.asked()
        thief = here.claimed("node/1", now_ms() + 2000, LEASE_MS)
        assert len(thief.claims) == 1
        mx.gate.set()
        await attempt
        assert mx.messages == []
        assert here.state()[::2] == (QUEUED, "node/1")
        await here.process(thief)
        assert len(mx.messages) == 1
        assert here.state()[0] == DELIVERED


async def test_a_long_attempt_that_still_holds_its_lease_renews_it_and_delivers(world):
    mx = SlowMx(gate=asyncio.Event())
    async with world(mx) as here:
        attempt = asyncio.create_task(here.process(here.claimed("node/0", now_ms(), 1000)))
        await mx.asked()
        mx.gate.set()
        async with asyncio.timeout(ARRIVAL_SECONDS):
            await attempt
        assert len(mx.messages) == 1
        assert here.state()[0] == DELIVERED


async def test_while_the_store_is_down_no_final_dot_is_sent(world):
    mx = SlowMx(gate=asyncio.Event())
    async with world(mx) as here:
        attempt = asyncio.create_task(here.process(here.claimed("node/0", now_ms(), LEASE_MS)))
        await mx.asked()
        outage = Outage(here.store)
        outage.down = True
        with pytest.raises(ServiceUnavailable):
            await here.store.write(lambda conn: conn.execute(recipients.select()))
        assert not here.store.healthy
        mx.gate.set()
        await asyncio.wait(
            set(mx.sessions), timeout=ARRIVAL_SECONDS
        )  # until the client has hung up
        outage.down = False
        async with asyncio.timeout(ARRIVAL_SECONDS):
            await attempt
        assert mx.messages == []
        assert here.state()[0] == QUEUED


async def test_a_fresh_lease_costs_no_question(world, monkeypatch):
    asked = []
    monkeypatch.setattr("pillarbox.queue.lease.renew_claim", lambda *_: asked.append(1))
    async with world(Mx()) as here:
        await here.process(here.claimed("node/0", now_ms(), 1000 * UNSURE_MS))
        assert here.state()[0] == DELIVERED
    assert asked == []
