"""What is counted for reputation, in the transactions that settle and that record reports."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from pillarbox.base.ids import row_id_of
from pillarbox.events.counting import sending_domain
from pillarbox.events.outcome_event import Settling, settlement_of
from pillarbox.events.settling import settle_batch
from pillarbox.inbound.addresses import Tag
from pillarbox.inbound.recording import Proven, Result, record
from pillarbox.manage.recipients.suppression import put_suppressed
from pillarbox.manage.sets.options import put_reputation, put_sending
from pillarbox.model.delay import NextAttempt
from pillarbox.model.outcome import Attempt, Deferred, Delivered, Failed, Reply
from pillarbox.model.report import Complaint, Report, ReportedRecipient, ReportKind
from pillarbox.model.reputation import HOUR_MS, Scope, Volume, hour_of
from pillarbox.store.coming_back.reputation import hourly
from pillarbox.store.mail.messages import read_messages
from pillarbox.store.store import Store
from pillarbox.store.tables import reputation_counts
from tests.store.accepting import mail
from tests.store.rows import ACCOUNT, NOW, add_configuration_set, add_identity
from tests.store.test_queue import claim as claim_all

OK = Delivered(Reply(250, "2.0.0 ok", "2.0.0"))
GONE = Failed(Reply(550, "5.1.1 no such user", "5.1.1"))
FULL = Failed(Reply(552, "5.2.2 mailbox full", "5.2.2"))
LATER = Deferred(Reply(451, "4.7.1 later", "4.7.1"))
AGAIN = NextAttempt(due_at=NOW + 1, delay_type=None)
HOUR = hour_of(NOW)


@pytest.fixture
def spring(world):
    world.add(add_configuration_set)
    return world


def claims_of(store: Store):
    """All recipients that are due."""
    return claim_all(store, now=NOW + 10 * HOUR_MS).claims


def settle(store: Store, claims, outcomes, *, again=None, change=lambda one: one):
    """Settle what is claimed, each recipient as its address says."""
    with store.transaction() as conn:
        messages = read_messages(conn, [claim.message_id for claim in claims])
        settling = [
            Settling(
                claim=claim,
                message=messages[claim.message_id],
                now=NOW + 5,
                reporting_mta="mail.test",
                region="us-east-1",
                again=again,
            )
            for claim in claims
        ]
        decided = [settlement_of(one, outcomes[one.claim.address]) for one in settling]
        settle_batch(conn, [change(one) for one in decided])


def sent(world, outcomes, *, again=None, change=lambda one: one, **parts):
    """Accept a mail to some people and settle what became of it; give the row's id."""
    (message_id,) = world.accept(mail("A <a@example.com>", *outcomes, **parts))
    settle(world.store, claims_of(world.store), outcomes, again=again, change=change)
    return row_id_of(message_id)


def counted(store: Store, scope=Scope.ACCOUNT, name="", since=0):
    with store.transaction() as conn:
        return hourly(conn, scope, ACCOUNT, name, since=since)


def test_each_mail_counts_for_account_set_domain_and_address(spring):
    by = Attempt(source="192.0.2.7")
    outcomes = {
        "a@x.example": replace(OK, attempt=by),
        "b@x.example": replace(GONE, attempt=by),
        "c@x.example": FULL,
    }
    sent(spring, outcomes, configuration_set="spring")
    every = [(HOUR, Volume(3, 1, 0))]
    assert counted(spring.store) == every
    assert counted(spring.store, Scope.SET, "spring") == every
    assert counted(spring.store, Scope.DOMAIN, "example.com") == every
    assert counted(spring.store, Scope.IP, "192.0.2.7") == [(HOUR, Volume(2, 1, 0))]


def test_what_is_tried_again_counts_when_it_has_ended(world):
    sent(world, {"a@x.example": LATER}, again=AGAIN)
    assert counted(world.store) == []
    settle(world.store, claims_of(world.store), {"a@x.example": LATER})
    assert counted(world.store) == [(HOUR, Volume(1, 0, 0))]


def test_bounces_at_domains_of_ones_own_are_nobodys_fault(world):
    world.add(add_identity, "mine.example")
    world.add(add_identity, "pending.example", status="PENDING")
    world.add(add_identity, "one@address.example")
    outcomes = dict.fromkeys(
        (
            "a@mine.example",
            "b@sub.mine.example",
            "c@notmine.example",
            "d@pending.example",
            "one@address.example",
        ),
        GONE,
    )
    sent(world, outcomes)
    assert counted(world.store) == [(HOUR, Volume(5, 3, 0))]


def test_what_the_simulator_answers_counts_nowhere(world):
    def simulated(one):
        return replace(one, event=replace(one.event, simulated=True))

    sent(world, {"bounce@simulator.amazonses.com": GONE, "a@x.example": OK}, change=simulated)
    assert counted(world.store) == []


def test_a_suppressed_recipient_counts_nowhere(world):
    with world.store.transaction() as conn:
        put_suppressed(conn, ACCOUNT, "a@x.example", reason="BOUNCE", now=NOW)
    world.accept(mail("a@example.com", "a@x.example"))
    assert counted(world.store) == []


def report(world, row_id, position=0, *, complaint=None):
    """Take a proven report on a recipient."""
    with world.store.transaction() as conn:
        if complaint is not None:
            found = Report(kind=ReportKind.COMPLAINT, complaint=Complaint(feedback_type=complaint))
        else:
            recipient = ReportedRecipient(address="a@x.example", action="failed", status="5.1.1")
            found = Report(kind=ReportKind.BOUNCE, recipients=(recipient,))
        proven = Proven(
            tag=Tag(row_id, position), report=found, now=NOW + HOUR_MS * 30, region="us-east-1"
        )
        return record(conn, proven)


def test_what_comes_back_days_later_counts_with_the_mail_it_tells_of(spring):
    by = Attempt(source="192.0.2.7")
    outcomes = {name: replace(OK, attempt=by) for name in ("a@x.example", "b@x.example")}
    row_id = sent(spring, outcomes, configuration_set="spring")
    assert report(spring, row_id) == Result.BOUNCE
    assert report(spring, row_id) == Result.AGAIN
    assert report(spring, row_id, 1, complaint="abuse") == Result.COMPLAINT
    expected = [(HOUR, Volume(2, 1, 1))]
    assert counted(spring.store) == expected
    assert counted(spring.store, Scope.SET, "spring") == expected
    assert counted(spring.store, Scope.IP, "192.0.2.7") == expected


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_feedback_that_is_no_complaint_counts_for_none(world, kind):
    row_id = sent(world, {"a@x.example": OK})
    assert report(world, row_id, complaint=kind) == Result.COMPLAINT
    assert counted(world.store) == [(HOUR, Volume(1, 0, 0))]


def test_a_report_that_comes_before_the_settlement_ends_the_mail(world):
    (message_id,) = world.accept(mail("a@example.com", "a@x.example"))
    claims = claims_of(world.store)
    report(world, row_id_of(message_id))
    assert counted(world.store) == [(HOUR, Volume(1, 1, 0))]
    settle(world.store, claims, {"a@x.example": OK})
    assert counted(world.store) == [(HOUR, Volume(1, 1, 0))]


# The set's fresh start: when it is paused and resumed (minutes after the hour), when mail is
# accepted, and what is counted from the fresh start on.
@pytest.mark.parametrize(
    ("resumed", "metrics", "accepted_at", "from_then_on"),
    [
        (None, True, (0, 10), [(0, Volume(2, 2, 0))]),
        (20, True, (0, 10), []),
        (20, True, (0, 25), [(20, Volume(1, 1, 0))]),
        (20, True, (20, 21), [(20, Volume(2, 2, 0))]),
        (20, True, (0, 65), [(60, Volume(1, 1, 0))]),
        (60, True, (59, 60), [(60, Volume(1, 1, 0))]),
        (20, False, (0, 25), []),
        (None, False, (0, 10), []),
    ],
)
def test_a_set_is_counted_from_its_fresh_start_while_it_keeps_metrics(
    spring, resumed, metrics, accepted_at, from_then_on
):
    minute = 60_000
    with spring.store.transaction() as conn:
        put_reputation(conn, ACCOUNT, "spring", metrics=metrics)
    for at in accepted_at:
        moment = HOUR + at * minute
        to = f"a{at}@x.example"
        spring.accept(mail("a@example.com", to, now=moment, configuration_set="spring"))
    if resumed is not None:  # after mail was accepted, before anything came of it
        with spring.store.transaction() as conn:
            moment = HOUR + resumed * minute
            put_sending(conn, ACCOUNT, "spring", enabled=False, now=moment - 1)
            put_sending(conn, ACCOUNT, "spring", enabled=True, now=moment)
    claims = claims_of(spring.store)
    settle(spring.store, claims, {claim.address: GONE for claim in claims})
    since = HOUR + (resumed or 0) * minute
    found = [
        ((start - HOUR) // minute, volume)
        for start, volume in counted(spring.store, Scope.SET, "spring", since)
    ]
    assert found == from_then_on
    whole = counted(spring.store)
    assert sum(volume.bounces for _, volume in whole) == 2, "the reset concerns the set only"


def test_two_workers_count_side_by_side(migrated_url, world):
    sent(world, {"a@x.example": OK})
    other = Store(migrated_url, "node/1")
    try:
        world.accept(mail("a@example.com", "b@x.example"))
        settle(other, claims_of(other), {"b@x.example": GONE})
    finally:
        other.close()
    assert counted(world.store) == [(HOUR, Volume(2, 1, 0))]
    with world.store.transaction() as conn:
        workers = conn.execute(select(reputation_counts.c.worker).distinct()).scalars()
        assert sorted(workers) == ["", "node/1"]


@pytest.mark.parametrize(
    ("source", "domain"),
    [
        ("a@example.com", "example.com"),
        ("A B <a@Example.COM>", "example.com"),
        ('"x@y" <a@example.com>', "example.com"),
        ("nonsense", ""),
    ],
)
def test_the_sending_domain_is_the_authors(source, domain):
    assert sending_domain(source) == domain
