"""The queue under any order of events, on both engines: nobody is lost, nobody delivered twice.

A model beside the store knows what each recipient must be. Time goes by in steps, also backwards,
as a clock does that is set; what is due then waits until it is that late again. Workers claim,
settle, lose their leases, die and come back; an operator holds, releases, retries and cancels.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pillarbox.events.outcome_event import Settling, settlement_of
from pillarbox.events.settling import settle_batch
from pillarbox.manage.seen import queue as operator
from pillarbox.manage.seen.attempts import list_attempts
from pillarbox.model.outcome import Deferred, Delivered, Failed, Reply, Unknown
from pillarbox.model.queue_filter import QueueFilter
from pillarbox.model.queued import BOUNCED, CANCELLED, DELIVERED, HELD, QUEUED, Claim
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.queue.recovery import take_back_worker
from pillarbox.queue.retry import expired_reply, next_attempt
from pillarbox.store.mail.queue_view import message_recipients
from pillarbox.store.publishing.events import message_events
from pillarbox.store.store import Store
from tests.store.empty import write_empty_store
from tests.store.rows import ACCOUNT, NOW, accepted, put

LEASE, LIFETIME = 60_000, 900_000
WORKERS = ("node/0", "node/1", "other/0")
FINAL = {DELIVERED, BOUNCED, CANCELLED}
OUTCOMES = {
    "delivered": Delivered(Reply(250, "2.0.0 ok", "2.0.0")),
    "deferred": Deferred(Reply(451, "4.2.0 later", "4.2.0")),
    "failed": Failed(Reply(550, "5.1.1 no", "5.1.1")),
    "unknown": Unknown(Reply(421, "4.4.2 lost", "4.4.2")),
}
Key = tuple[bytes, int]


@dataclass
class Expected:
    """What a recipient must be, and how often the world has got its mail."""

    state: int = QUEUED
    token: bytes | None = None
    until: int = 0
    taken: int = 0
    excused: int = 0
    attempts: int = 0


@dataclass(frozen=True)
class Held:
    """A claim in the hands of a worker, which may have lost it without knowing."""

    worker: str
    claim: Claim = field(hash=False)


class QueueMachine(RuleBasedStateMachine):
    """The store and the model beside each other."""

    def __init__(self, make_store) -> None:
        super().__init__()
        self.store, self.end = make_store()
        self.now = self.latest = NOW
        self.messages = {}
        self.expected: dict[Key, Expected] = {}
        self.hands: list[Held] = []

    def teardown(self) -> None:
        self.end()

    @rule(count=st.integers(1, 3), domain=st.sampled_from("ab"))
    def accept(self, count, domain) -> None:
        one = accepted(*(f"u{n}@{domain}.org" for n in range(count)), now=self.now)
        with self.store.transaction() as conn:
            put(conn, one)
        self.messages[one.message.id] = one.message
        self.expected |= {(one.message.id, position): Expected() for position in range(count)}

    @rule(seconds=st.sampled_from([1, 30, 61, 600, 3600]))
    def time_goes_by(self, seconds) -> None:
        self.now += seconds * 1000

    @rule(seconds=st.sampled_from([1, 61, 3600, 86_400]))
    def clock_steps_back(self, seconds) -> None:
        self.latest = max(self.latest, self.now)
        self.now -= seconds * 1000

    @rule(worker=st.sampled_from(WORKERS), rows=st.integers(1, 4))
    def claim(self, worker, rows) -> None:
        request = ClaimRequest(
            owner=worker,
            now=self.now,
            lease_ms=LEASE,
            rows=rows,
            bytes=1 << 20,
            after_lane="",
            in_flight={},
            lane_cap=10,
        )
        with self.store.transaction() as conn:
            claims = claim_batch(conn, [request])[0].claims
        for claim in claims:
            known = self.expected[claim.message_id, claim.position]
            assert known.state == QUEUED, "only what is queued is claimed"
            assert known.token is None or known.until <= self.now, "a lease keeps others away"
            known.token, known.until = claim.token, self.now + LEASE
            self.hands.append(Held(worker, claim))

    @rule(worker=st.sampled_from(WORKERS))
    def leases_end_and_another_claims(self, worker) -> None:
        self.now += LEASE
        self.claim(worker, 100)

    @rule(data=st.data(), kind=st.sampled_from(sorted(OUTCOMES)))
    def settle(self, data, kind) -> None:
        if not self.hands:
            return
        held = self.hands.pop(data.draw(st.integers(0, len(self.hands) - 1)))
        claim, message = held.claim, self.messages[held.claim.message_id]
        known, outcome = self.expected[claim.message_id, claim.position], OUTCOMES[kind]
        deadline = message.created_at + LIFETIME
        again = next_attempt(
            attempts=claim.attempts + 1,
            deadline=deadline,
            now=self.now,
            jitter=0.5,
            reply=outcome.reply,
        )
        settling = Settling(
            claim=claim,
            message=message,
            now=self.now,
            reporting_mta="mta",
            region="us-east-1",
            again=again,
            expired=expired_reply(message.created_at, deadline, outcome.reply),
        )
        settlement = settlement_of(settling, outcome)
        with self.store.transaction() as conn:
            (counted,) = settle_batch(conn, [settlement])
        ours = known.state == QUEUED and known.token == claim.token
        late = settlement.state == DELIVERED and known.state != DELIVERED
        assert counted == (ours or late)
        known.attempts += 1
        known.taken += kind == "delivered"
        known.excused += kind == "unknown" or not ours
        if counted:
            known.state, known.token = settlement.state, None

    @rule(worker=st.sampled_from(WORKERS))
    def worker_dies_and_comes_back(self, worker) -> None:
        with self.store.transaction() as conn:
            take_back_worker(conn, worker, self.now)
        lost = [one for one in self.hands if one.worker == worker]
        self.hands = [one for one in self.hands if one.worker != worker]
        for one in lost:
            known = self.expected[one.claim.message_id, one.claim.position]
            known.excused += 1  # what it had sent, nobody knows
            if known.token == one.claim.token:
                known.token = None

    @rule(domain=st.sampled_from([None, "a.org", "b.org"]))
    def hold(self, domain) -> None:
        self.by_hand(operator.hold_portion, domain, {QUEUED: HELD})

    @rule(domain=st.sampled_from([None, "a.org", "b.org"]))
    def release(self, domain) -> None:
        self.by_hand(operator.release_portion, domain, {HELD: QUEUED})

    @rule(domain=st.sampled_from(["a.org", "b.org"]))
    def cancel(self, domain) -> None:
        self.by_hand(operator.cancel_portion, domain, {QUEUED: CANCELLED, HELD: CANCELLED})

    @rule()
    def retry(self) -> None:
        self.by_hand(operator.retry_portion, None, {})

    def by_hand(self, change, domain, becomes) -> None:
        """An operator's change: what a worker holds is left alone."""
        with self.store.transaction() as conn:
            change(conn, QueueFilter(domain=domain), self.now)
            addresses = {
                (message_id, position): row.address
                for message_id in self.messages
                for position, row in enumerate(message_recipients(conn, message_id))
            }
        for key, known in self.expected.items():
            if domain in {None, addresses[key].partition("@")[2]} and known.token is None:
                known.state = becomes.get(known.state, known.state)

    @invariant()
    def the_store_is_as_the_model_says(self) -> None:
        with self.store.transaction() as conn:
            for message_id in self.messages:
                rows = list(message_recipients(conn, message_id))
                found = {(message_id, at): row.state for at, row in enumerate(rows)}
                wanted = {key: one.state for key, one in self.expected.items() if key in found}
                assert found == wanted, "no recipient is lost"

    @invariant()
    def counts_agree(self) -> None:
        with self.store.transaction() as conn:
            for state, held in ((QUEUED, False), (HELD, True)):
                lanes = operator.list_lanes(conn, QueueFilter(), held=held)
                wanted = sum(one.state == state for one in self.expected.values())
                assert sum(one.recipients for one in lanes) == wanted

    @invariant()
    def nobody_is_delivered_twice_without_a_lost_reply_or_lease(self) -> None:
        for known in self.expected.values():
            assert known.taken <= 1 + known.excused

    @invariant()
    def every_final_state_has_its_one_final_event_and_attempts_are_on_record(self) -> None:
        with self.store.transaction() as conn:
            for message_id in self.messages:
                told = Counter(
                    (one["eventType"], address)
                    for one in message_events(conn, ACCOUNT, message_id)
                    for address in recipients_of(one)
                )
                tried = Counter(one.recipient for one in list_attempts(conn, message_id))
                for at, row in enumerate(message_recipients(conn, message_id)):
                    known = self.expected[message_id, at]
                    assert told["Delivery", row.address] == (row.state == DELIVERED)
                    bounces = told["Bounce", row.address]
                    if row.state == DELIVERED:
                        assert bounces <= known.excused, "a late delivery after a bounce"
                    else:
                        assert bounces == (row.state == BOUNCED)
                    assert tried[row.address] == known.attempts


def recipients_of(record) -> list[str]:
    """Whom a final event is about."""
    if record["eventType"] == "Delivery":
        return record["delivery"]["recipients"]
    if record["eventType"] == "Bounce":
        return [one["emailAddress"] for one in record["bounce"]["bouncedRecipients"]]
    return []


def drained(machine: QueueMachine) -> None:
    """At the end, whatever is left can be claimed and delivered: nothing is stuck."""
    machine.hands.clear()
    machine.now = max(machine.now, machine.latest) + LEASE + 3_600_000
    machine.release(None)
    before = -1
    while before < len(machine.hands):  # a lane gives ten at a time
        before = len(machine.hands)
        machine.claim(WORKERS[0], 1000)
    while machine.hands:
        held = machine.hands.pop()
        known = machine.expected[held.claim.message_id, held.claim.position]
        known.state = DELIVERED
    assert all(one.state in FINAL for one in machine.expected.values())


class DrainedAtTheEnd(QueueMachine):
    """Ends with the question whether everything left can be delivered."""

    def teardown(self) -> None:
        try:
            drained(self)
        finally:
            super().teardown()


EXAMPLES = {"sqlite": 30, "postgresql": 6}


@pytest.mark.parametrize("engine", sorted(EXAMPLES))
def test_under_any_order_of_events_the_queue_keeps_its_promises(
    engine: str, postgres_template: str, postgres_server, tmp_path: Path
) -> None:
    def fresh():
        if engine == "sqlite":
            copy = tmp_path / f"{uuid4().hex}.sqlite"
            url, forget = write_empty_store(copy), partial(copy.unlink, missing_ok=True)
        else:
            url = postgres_server.create_database(postgres_template)
            forget = partial(postgres_server.drop_database, url)
        store = Store(url)

        def end() -> None:
            store.close()
            forget()

        return store, end

    run_state_machine_as_test(
        lambda: DrainedAtTheEnd(fresh),
        settings=settings(
            max_examples=EXAMPLES[engine],
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
