"""A parcel's way to its settlement, over a real store that is down at times."""

import asyncio
from dataclasses import replace

import pytest

from pillarbox.base.clock import now_ms
from pillarbox.deliver import pipeline as module
from pillarbox.deliver.pipeline import Pipeline
from pillarbox.model.inspection import PASSED, REJECTED, Inspection
from pillarbox.model.outcome import Deferred, Delivered, Failed, OwnDelay, Reply, Unknown
from pillarbox.model.queued import BOUNCED, DELIVERED, QUEUED, UNRENDERABLE
from pillarbox.model.template import RenderingFailure
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.queue.dispatcher import Parcel
from pillarbox.store.publishing.events import message_events
from tests.peers.wait import ARRIVAL_SECONDS
from tests.store.rows import ACCOUNT, accepted, put, states
from tests.unit.sqlite import Outage, serving_store

OK = Delivered(Reply(250, "2.0.0 Ok", "2.0.0"))
BUSY = Deferred(Reply(451, "4.3.0 later", "4.3.0"))
LOST = Unknown(Reply(421, "4.4.2 lost", "4.4.2"))
GONE = Failed(Reply(550, "5.1.1 gone", "5.1.1"))


class FakeLastHop:
    """The world beyond: gives each recipient its outcome, and runs `during` meanwhile."""

    def __init__(self) -> None:
        self.outcomes = {}
        self.envelopes = []
        self.contents = []
        self.during = lambda: None

    async def deliver(self, _claim, _message, envelope, content):
        self.envelopes.append(envelope)
        self.contents.append(content)
        self.during()
        return self.outcomes.get(envelope.recipient, OK)

    async def close(self):
        return None


class FakeCopies:
    """Copies that say whose they are."""

    def __init__(self, content) -> None:
        self.content = content

    async def copy_for(self, position):
        if self.content == b"broken" and position == 1:
            raise LookupError("no key")
        return (f"DKIM-Signature: {position}\r\n".encode(), self.content)


class World:
    """A store, a pipeline over it, and what it told."""

    def __init__(self, store) -> None:
        self.store = store
        self.hop = FakeLastHop()
        self.rendered, self.inspected, self.settled, self.finished = [], [], [], []
        self.composing: Exception | None = None
        self.pipeline = Pipeline(
            store=store,
            compose=self.compose,
            render=self.render,
            last_hop=self.hop,
            return_path=lambda claim, _: f"v{claim.position}@bounce.example.net",
            reporting_mta="mta.example.net",
            region="us-east-1",
            settled=self.settled.append,
            inspect=self.inspect,
        )
        self.inspection = PASSED

    async def compose(self, _message, content):
        if self.composing is not None:
            raise self.composing
        return b"Subject: s\r\n\r\n" + content

    async def inspect(self, _message, content):
        self.inspected.append(content)
        if isinstance(self.inspection, Exception):
            raise self.inspection
        return self.inspection

    async def render(self, message, content):
        self.rendered.append(message.id)
        return FakeCopies(content)

    def parcel(self, *addresses, lifetime=3_600_000, age=1000) -> Parcel:
        """Queue one message and claim its recipients."""
        now = now_ms()
        one = accepted(*addresses, now=now - age)
        message = replace(one.message, deadline=now - age + lifetime)
        request = ClaimRequest(
            owner="node/0",
            now=now,
            lease_ms=600_000,
            rows=100,
            bytes=1 << 20,
            after_lane="",
            in_flight={},
            lane_cap=100,
        )
        with self.store.transaction() as conn:
            put(conn, replace(one, message=message))
            claims = claim_batch(conn, [request])[0].claims
        return Parcel(message, one.content, claims)

    def templated(self, *addresses) -> Parcel:
        """The same with a message that is to be made from a template."""
        parcel = self.parcel(*addresses)
        message = replace(parcel.message, template_id=b"t" * 16, subject=None)
        return replace(parcel, message=message)

    async def process(self, parcel) -> None:
        await self.pipeline.process(parcel, self.finished.append)

    def states(self) -> dict[str, int]:
        with self.store.transaction() as conn:
            return {row[0]: row[1] for row in states(conn)}

    def events(self, parcel) -> list[str]:
        with self.store.transaction() as conn:
            records = message_events(conn, ACCOUNT, parcel.message.id)
        return sorted(one["eventType"] for one in records if one["eventType"] != "Send")


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SETTLE_SECONDS", 0.001)
    with serving_store(tmp_path) as store:
        yield World(store)


@pytest.mark.parametrize(
    ("outcome", "lifetime", "state", "events"),
    [
        (OK, 3_600_000, DELIVERED, ["Delivery"]),
        (GONE, 3_600_000, BOUNCED, ["Bounce"]),
        (BUSY, 3_600_000, QUEUED, []),
        (LOST, 3_600_000, QUEUED, []),
        (OK, 500, DELIVERED, ["Delivery"]),
        (BUSY, 500, BOUNCED, ["Bounce"]),
        (LOST, 500, BOUNCED, ["Bounce"]),
    ],
)
async def test_an_outcome_is_settled_with_its_event(world, outcome, lifetime, state, events):
    parcel = world.parcel("a@x.org", lifetime=lifetime)
    world.hop.outcomes["a@x.org"] = outcome
    await world.process(parcel)
    assert world.states() == {"a@x.org": state}
    assert world.events(parcel) == events
    assert [one.state for one in world.settled] == [state]
    assert world.finished == list(parcel.claims)


async def test_a_message_is_rendered_once_and_each_recipient_gets_its_own_copy(world):
    parcel = world.parcel("a@x.org", "b@x.org", "c@y.org")
    world.hop.outcomes |= {"b@x.org": GONE, "c@y.org": BUSY}
    await world.process(parcel)
    assert world.rendered == [parcel.message.id]
    assert world.states() == {"a@x.org": DELIVERED, "b@x.org": BOUNCED, "c@y.org": QUEUED}
    assert {one.recipient: one.return_path for one in world.hop.envelopes} == {
        claim.address: f"v{claim.position}@bounce.example.net" for claim in parcel.claims
    }
    for envelope, content in zip(world.hop.envelopes, world.hop.contents, strict=True):
        position = envelope.return_path[1]  # as World.return_path writes it
        assert b"".join(content) == f"DKIM-Signature: {position}\r\n".encode() + parcel.content
        assert envelope.size == len(b"".join(content))


async def test_a_copy_that_can_not_be_made_delays_its_recipient_only(world):
    parcel = replace(world.parcel("a@x.org", "b@x.org"), content=b"broken")
    await world.process(parcel)
    assert world.states() == {"a@x.org": DELIVERED, "b@x.org": QUEUED}
    assert [one.recipient for one in world.hop.envelopes] == ["a@x.org"]


async def test_an_expired_message_says_so_in_its_bounce(world):
    parcel = world.parcel("a@x.org", lifetime=300_000, age=300_000)
    world.hop.outcomes["a@x.org"] = BUSY
    await world.process(parcel)
    assert world.settled[0].reply == (
        "554 4.4.7 Message expired: unable to deliver in 5 minutes.<451 4.3.0 later>"
    )


DOWN = Deferred(Reply(451, "4.3.0 down", "4.3.0"), own_delay=OwnDelay(15_000, counts=False))


@pytest.mark.parametrize("inspection", [Inspection(goes=False, wait=DOWN), RuntimeError("bug")])
async def test_what_could_not_be_inspected_waits_unsent_and_that_is_no_attempt(world, inspection):
    parcel = world.parcel("a@x.org", "b@x.org")
    world.inspection = inspection
    await world.process(parcel)
    assert world.hop.envelopes == world.rendered == world.events(parcel) == []
    assert world.states() == {"a@x.org": QUEUED, "b@x.org": QUEUED}
    assert [one.attempted for one in world.settled] == [False, False]
    assert all(0 < one.due_at - one.settled_at <= 15_000 for one in world.settled)
    assert world.finished == list(parcel.claims)


async def test_what_could_not_be_inspected_in_its_time_bounces_unsent(world):
    parcel = world.parcel("a@x.org", lifetime=500)
    world.inspection = Inspection(goes=False, wait=DOWN)
    await world.process(parcel)
    assert world.hop.envelopes == []
    assert (world.states(), world.events(parcel)) == ({"a@x.org": BOUNCED}, ["Bounce"])


async def test_nothing_is_left_to_do_for_a_rejected_message(world):
    parcel = world.parcel("a@x.org", "b@x.org")
    world.inspection = REJECTED
    await world.process(parcel)
    assert world.hop.envelopes == world.rendered == world.settled == []
    assert world.finished == list(parcel.claims)


async def test_what_became_of_a_message_is_kept_until_the_store_is_back(world):
    """A settlement is tried until it is committed, and nothing new goes out meanwhile."""
    first, second = world.parcel("a@x.org"), world.parcel("b@x.org")
    outage = Outage(world.store)

    def take_down():
        outage.down = True

    world.hop.during = take_down
    tasks = [asyncio.create_task(world.process(first))]
    await outage.refusals(2)
    assert not world.store.healthy
    tasks.append(asyncio.create_task(world.process(second)))
    await outage.refusals(6)
    assert [one.recipient for one in world.hop.envelopes] == ["a@x.org"]
    assert world.settled == world.finished == []
    world.hop.during = lambda: None
    outage.down = False
    await asyncio.wait_for(asyncio.gather(*tasks), ARRIVAL_SECONDS)
    assert [one.recipient for one in world.hop.envelopes] == ["a@x.org", "b@x.org"]
    assert world.states() == {"a@x.org": DELIVERED, "b@x.org": DELIVERED}
    assert world.events(first) == world.events(second) == ["Delivery"]
    assert len(world.settled) == len(world.finished) == 2


async def test_a_message_that_can_not_be_made_ends_at_once_unscanned_and_unsent(world):
    parcel = world.templated("a@one.example", "b@two.example")
    world.composing = RenderingFailure("why", "Welcome")
    await world.process(parcel)
    assert world.states() == {"a@one.example": UNRENDERABLE, "b@two.example": UNRENDERABLE}
    assert world.events(parcel) == ["Rendering Failure"]
    assert [one.state for one in world.settled] == [UNRENDERABLE, UNRENDERABLE]
    assert sorted(one.position for one in world.finished) == [0, 1]
    assert world.inspected == world.rendered == world.hop.envelopes == []


async def test_what_is_made_from_a_template_is_inspected_as_it_is_sent(world):
    parcel = world.templated("a@one.example", "b@two.example")
    await world.process(parcel)
    whole = b"Subject: s\r\n\r\n" + parcel.content
    assert world.inspected == [whole]
    assert [content[1] for content in world.hop.contents] == [whole, whole]
    assert [one.head for one in world.settled] == [b"Subject: s\r\n\r\n"] * 2


async def test_what_is_found_in_a_made_message_stops_it(world):
    world.inspection = REJECTED
    await world.process(world.templated("a@one.example"))
    assert len(world.inspected) == 1
    assert world.rendered == world.hop.envelopes == []


async def test_a_message_that_we_fail_to_make_waits_unscanned_and_unsent(world):
    parcel = world.templated("a@one.example", "b@two.example")
    world.composing = LookupError("gone")
    await world.process(parcel)
    assert set(world.states().values()) == {QUEUED}
    assert [one.reply for one in world.settled] == [str(module.OUR_FAILURE.reply)] * 2
    assert world.inspected == world.rendered == world.hop.envelopes == []
    assert world.finished == list(parcel.claims)
