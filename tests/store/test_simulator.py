"""The mailbox simulator, on both engines: what each mailbox does, through the real intake."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from pillarbox.accept.commit import Acceptance
from pillarbox.accept.prepare import Stamp
from pillarbox.events.outcome_event import Settling, settlement_of
from pillarbox.events.settling import settle_batch
from pillarbox.inbound.simulator import SimulatedHop
from pillarbox.model.envelope import Envelope
from pillarbox.model.feedback import AUTO_REPLY
from pillarbox.model.outcome import Deferred, Delivered, Outcome, Reply
from pillarbox.model.simulator import Simulator
from pillarbox.proto.links import verp
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.queue.retry import next_attempt
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.publishing.events import message_events
from pillarbox.store.store import Store
from pillarbox.store.tables import (
    accounts,
    feedback_forwards,
    recipients,
    send_counts,
    suppressed_destinations,
)
from tests.store.accepting import POLICY, World, mail
from tests.store.coming_back import BOUNCES, KEY, new_intake
from tests.store.rows import ACCOUNT, NOW

SIMULATOR = Simulator.of("example.net")
DOMAINS = ["simulator.amazonses.com", "simulator.example.net"]


class Wire:
    """A last hop that writes down what reaches it."""

    def __init__(self) -> None:
        self.got: list[str] = []

    async def deliver(self, claim, message, envelope: Envelope, content) -> Outcome:  # noqa: ARG002
        self.got.append(envelope.recipient)
        return Delivered(Reply(250, "2.0.0 captured", "2.0.0"))

    async def close(self) -> None:
        """Nothing is open."""


class Working:
    """A worker's delivery, by hand: claim all that is due, deliver, settle; over and over."""

    def __init__(self, world: World, folder, threads, *, captures: bool) -> None:
        self.store: Store = world.store
        self.wire = Wire()
        self.now = NOW + 1000
        self.outcomes: list[Outcome] = []
        self.hop = SimulatedHop(
            inner=self.wire,
            captures=captures,
            simulator=SIMULATOR,
            intake=new_intake(world.store, folder, threads, simulator=SIMULATOR),
            store=world.store,
            stamp=lambda: Stamp.make(self.now, "us-east-1", "email.example.net", "fresh"),
            queued=lambda: None,
        )

    async def work(self, *, reverse: bool = False) -> None:
        """Deliver until nothing is due."""
        for _ in range(10):
            claims = self._claim()
            if not claims:
                return
            for claim in reversed(claims) if reverse else claims:
                await self._deliver(claim)
            self.now += 1000
        pytest.fail("it goes on and on")

    def _claim(self) -> Sequence:
        request = ClaimRequest(
            owner="node/0",
            now=self.now,
            lease_ms=10,
            rows=50,
            bytes=10**6,
            after_lane="",
            in_flight={},
            lane_cap=10,
        )
        with self.store.transaction() as conn:
            return claim_batch(conn, [request])[0].claims

    async def _deliver(self, claim) -> None:
        with self.store.transaction() as conn:
            message = read_messages(conn, [claim.message_id])[claim.message_id]
            content = read_content(conn, claim.message_id)
        path = ""
        if message.return_path_domain:
            path = f"{verp.encode(message.id, claim.position, KEY)}@{BOUNCES}"
        envelope = Envelope(
            return_path=path,
            recipient=claim.address,
            size=len(content),
            eight_bit=False,
            tls_required=False,
        )
        outcome = await self.hop.deliver(claim, message, envelope, [content])
        self.outcomes.append(outcome)
        again = next_attempt(
            attempts=1,
            deadline=message.deadline,
            now=self.now,
            jitter=0.5,
            reply=outcome.reply,
            own_delay=outcome.own_delay if isinstance(outcome, Deferred) else None,
        )
        settling = Settling(
            claim=claim,
            message=message,
            now=self.now,
            reporting_mta="mta.example.net",
            region="us-east-1",
            again=again,
        )
        with self.store.transaction() as conn:
            settle_batch(conn, [settlement_of(settling, outcome)])

    def count(self, table) -> int:
        with self.store.transaction() as conn:
            return conn.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture(params=[False, True], ids=["wire", "capture"])
def working(world: World, tmp_path, request):
    world.acceptance = Acceptance(replace(POLICY, simulator=SIMULATOR), "node/0")
    with ThreadPoolExecutor(1) as threads:
        found = Working(world, tmp_path, threads, captures=request.param)
        found.world = world
        yield found


def send(working: Working, *to: str, **parts) -> bytes:
    prepared = mail("a@example.com", *to, **parts)
    (message_id,) = working.world.accept(prepared)
    assert isinstance(message_id, str), message_id
    return prepared.id


def told(working: Working, row_id: bytes) -> list[dict]:
    with working.store.transaction() as conn:
        return message_events(conn, ACCOUNT, row_id)


@pytest.mark.parametrize(("label", "domain"), [("", DOMAINS[0]), ("+order-17", DOMAINS[1])])
@pytest.mark.parametrize(
    ("mailbox", "events", "taken"),
    [
        ("success", ["Send", "Delivery"], True),
        ("ooto", ["Send", "Delivery"], True),
        ("complaint", ["Send", "Delivery", "Complaint"], True),
        ("bounce", ["Send", "Bounce"], False),
        ("suppressionlist", ["Send", "Bounce"], False),
        ("nobody", ["Send", "Bounce"], False),
    ],
)
async def test_each_mailbox_gives_its_events_and_never_reaches_the_wire(
    working: Working, mailbox: str, label: str, domain: str, events: list[str], taken: bool
) -> None:
    to = f"{mailbox}{label}@{domain}"
    row_id = send(working, to)
    await working.work()
    assert [one["eventType"] for one in told(working, row_id)] == events
    assert working.wire.got == ([to] if taken and working.hop.captures else [])
    assert working.count(suppressed_destinations) == 0


async def test_a_bounce_and_the_list_are_told_as_the_real_ones_are(working: Working) -> None:
    row_id = send(
        working, "bounce@simulator.amazonses.com", "SuppressionList@simulator.example.net"
    )
    await working.work()
    found = {
        one["bounce"]["bouncedRecipients"][0]["emailAddress"]: one["bounce"]
        for one in told(working, row_id)[1:]
    }
    bounced = found["bounce@simulator.amazonses.com"]
    assert (bounced["bounceType"], bounced["bounceSubType"]) == ("Permanent", "General")
    (recipient,) = bounced["bouncedRecipients"]
    assert (recipient["action"], recipient["status"], recipient["diagnosticCode"]) == (
        "failed",
        "5.1.1",
        "smtp; 550 5.1.1 user unknown",
    )
    listed = found["SuppressionList@simulator.example.net"]
    assert (listed["bounceType"], listed["bounceSubType"]) == ("Permanent", "Suppressed")


async def test_a_complaint_is_a_real_report_read_by_the_intake(working: Working) -> None:
    row_id = send(working, "complaint@simulator.amazonses.com")
    await working.work()
    delivery, complaint = told(working, row_id)[1:]
    assert delivery["delivery"]["smtpResponse"] in (
        "250 2.6.0 Message received",
        "250 2.0.0 captured",
    )
    block = complaint["complaint"]
    assert block["userAgent"] == "Amazon SES Mailbox Simulator"
    assert block["complaintFeedbackType"] == "abuse"
    assert block["complainedRecipients"] == [{"emailAddress": "complaint@simulator.amazonses.com"}]


async def test_the_delivery_is_told_before_the_complaint_whoever_is_first(
    working: Working,
) -> None:
    to = ["complaint@simulator.amazonses.com", "complaint+2@simulator.amazonses.com"]
    row_id = send(working, *to)
    await working.work(reverse=True)
    kinds = [one["eventType"] for one in told(working, row_id)]
    assert kinds[0] == "Send"
    assert sorted(kinds[1:]) == ["Complaint", "Complaint", "Delivery", "Delivery"]


async def test_a_complaint_waits_until_its_message_is_settled(working: Working) -> None:
    send(working, "complaint@simulator.amazonses.com")
    (claim,) = working._claim()
    with working.store.transaction() as conn:
        message = read_messages(conn, [claim.message_id])[claim.message_id]
        content = read_content(conn, claim.message_id)
    path = f"{verp.encode(message.id, 0, KEY)}@{BOUNCES}"
    envelope = Envelope(
        return_path=path,
        recipient=claim.address,
        size=len(content),
        eight_bit=False,
        tls_required=False,
    )
    await working.hop.deliver(claim, message, envelope, [content])  # and then it crashes
    (report,) = [one for one in working._claim() if one.address == path]
    with working.store.transaction() as conn:
        own = read_messages(conn, [report.message_id])[report.message_id]
        written = read_content(conn, report.message_id)
    early = await working.hop.deliver(report, own, envelope, [written])
    assert isinstance(early, Deferred)
    assert early.own_delay is not None
    working.now += 30_000
    await working.work()
    kinds = [one["eventType"] for one in told(working, claim.message_id)]
    assert kinds == ["Send", "Delivery", "Complaint"]


async def test_an_automatic_reply_waits_to_be_passed_on_and_is_no_event(working: Working) -> None:
    send(working, "ooto@simulator.amazonses.com")
    await working.work()
    with working.store.transaction() as conn:
        rows = conn.execute(select(feedback_forwards)).all()
    assert [row.kind for row in rows] == [AUTO_REPLY]
    assert b"Auto-Submitted: auto-replied" in rows[0].report


async def test_a_report_that_is_sent_gets_no_answer(working: Working) -> None:
    row_id = send(working, "complaint@simulator.amazonses.com", report=True)
    await working.work()
    assert [one["eventType"] for one in told(working, row_id)] == ["Send", "Delivery"]


async def test_everybody_else_is_delivered_to(working: Working) -> None:
    send(working, "to@simulator.example.org", "to@example.org")
    await working.work()
    assert sorted(working.wire.got) == ["to@example.org", "to@simulator.example.org"]


async def test_the_simulator_costs_no_daily_quota(working: Working) -> None:
    working.world.change(accounts, max_24h=2)
    simulated = ["success@simulator.amazonses.com", "bounce+1@simulator.example.net"]
    send(working, *simulated, "to@example.org")
    send(working, *simulated)
    with working.store.transaction() as conn:
        assert conn.execute(select(func.sum(send_counts.c.recipients))).scalar_one() == 1


async def test_a_sandbox_may_write_to_both_of_its_domains(working: Working) -> None:
    working.world.change(accounts, production=False)
    for domain in DOMAINS:
        send(working, f"success@{domain}")
    await working.work()
    with working.store.transaction() as conn:
        states = conn.execute(select(recipients.c.settled_at)).scalars().all()
    assert all(states)
