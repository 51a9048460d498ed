"""Events of Pinpoint destinations on both engines: counted once for the recipients they tell of."""

import pytest

from pillarbox.base.errors import AlreadyExists, BadRequest, NotFound
from pillarbox.destinations.engagement import EngagementDriver, told_by
from pillarbox.manage.recipients.segments import (
    Members,
    count_members,
    create_segment,
    find_segment,
    forget_recipient,
    list_members,
    read_rule,
)
from pillarbox.model.event_destination import Pinpoint
from pillarbox.model.publishing import Record
from pillarbox.model.segment import Segment
from pillarbox.store.lists.engagement import Counting, count_batch
from pillarbox.store.tables import outbox
from tests.destinations.publishing_world import HOUR
from tests.store.rows import ACCOUNT, NOW, accepted, put

APP = "0123456789abcdef0123456789abcdef"
APPLICATION = Pinpoint(f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/{APP}")
TYPES = ("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "OPEN", "CLICK")
DAY = 24 * HOUR


@pytest.fixture
def known(world):
    """The world with a Pinpoint destination that counts in its store."""
    world.destination(target=APPLICATION, types=TYPES)
    world.draining = world.new_draining(driver=EngagementDriver(world.store))
    return world


def mail_to(world, *recipients, at=0, **tags):
    """Accept a message (its Send event); give its id."""
    new = accepted(*recipients, now=world.now + at, configuration_set="spring")
    new.mail.update(destination=list(recipients), tags={k: [v] for k, v in tags.items()})
    with world.store.transaction() as conn:
        put(conn, new)
    return new.message.id


def opened_by(address, verdict="human"):
    return {"recipient": address, "verdict": verdict}


def members(world, rule=None, **page):
    rule = read_rule(rule) if rule else None
    of = Members(account_id=ACCOUNT, application=APP, rule=rule, now=world.now)
    with world.store.transaction() as conn:
        found = list_members(conn, of, **({"limit": 1000} | page))
        if not page:
            assert count_members(conn, of) == len(found)
    return found


def names(world, rule=None, **page):
    return [one.address for one in members(world, rule, **page)]


async def test_what_happens_to_a_recipient_is_counted_with_its_last_time(known):
    message = mail_to(known, "Ann@x.org", "bob@x.org", plan="gold", **{"ses:operation": "x"})
    known.event(message, "Delivery", {"recipients": ["Ann@x.org"]}, at=10)
    known.event(message, "Open", opened_by("Ann@x.org"), at=20)
    known.event(message, "Open", opened_by("Ann@x.org"), at=30)
    known.event(message, "Open", opened_by("bob@x.org", "scanner"), at=40)
    known.event(message, "Click", opened_by("Ann@x.org"), at=50)
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "bob@x.org"}]}
    known.event(message, "Bounce", bounce, at=60)
    known.event(message, "Bounce", bounce | {"bounceType": "Transient"}, at=70)
    complained = {"complainedRecipients": [{"emailAddress": "ann@X.org"}]}
    known.event(message, "Complaint", complained, at=80)
    await known.drain(1)
    assert known.rows() == []
    ann, bob = members(known)
    assert ann.address == "Ann@x.org"
    assert {kind: count for kind, count in ann.counts.items() if count} == {
        "sent": 1,
        "delivered": 1,
        "opened": 2,
        "clicked": 1,
        "complained": 1,
    }
    assert ann.last == {
        "sent": NOW,
        "delivered": NOW + 10,
        "opened": NOW + 30,
        "clicked": NOW + 50,
        "complained": NOW + 80,
    }
    assert bob.last == {"sent": NOW, "bounced": NOW + 60, "soft_bounced": NOW + 70}
    assert ann.attributes == bob.attributes == {"plan": "gold"}


async def test_an_attribute_is_that_of_the_last_message_in_whatever_order_events_come(known):
    mail_to(known, "ann@x.org", at=50, plan="gold")
    await known.drain(1)
    mail_to(known, "ann@x.org", at=-5000, plan="free", city="Rome")
    await known.drain(1)
    (ann,) = members(known)
    assert ann.attributes == {"plan": "gold", "city": "Rome"}
    assert (ann.counts["sent"], ann.last["sent"], ann.since) == (2, NOW + 50, NOW - 4000)


async def test_an_event_that_is_published_again_is_not_counted_again(known):
    mail_to(known, "ann@x.org")
    (row,) = known.rows()

    told = told_by(record(row))
    again = Counting(
        destination_id=row.destination_id, account_id=ACCOUNT, application=APP, told=(told,)
    )
    await known.drain(1)
    with known.store.transaction() as conn:
        assert count_batch(conn, [again]) == [0]
    (ann,) = members(known)
    assert ann.counts["sent"] == 1


async def test_a_crash_before_the_commit_counts_nothing_and_leaves_the_event_waiting(known):
    mail_to(known, "ann@x.org")
    (row,) = known.rows(outbox)
    counting = Counting(
        destination_id=row.destination_id,
        account_id=ACCOUNT,
        application=APP,
        told=(told_by(record(row)),),
    )

    def dies_after_counting():
        with known.store.transaction() as conn:
            assert count_batch(conn, [counting]) == [1]
            raise InterruptedError

    with pytest.raises(InterruptedError):
        dies_after_counting()
    assert (members(known), len(known.rows())) == ([], 1)
    await known.drain(1)
    assert [one.counts["sent"] for one in members(known)] == [1]


def record(row):
    """What the outbox's row is about, as a driver gets it."""
    return Record(
        event_id=row.event_id,
        message_id=row.message_id,
        account_id=ACCOUNT,
        type="Send",
        created_at=NOW,
        body={"mail": {"destination": ["ann@x.org"]}, "send": {}},
    )


@pytest.fixture
async def people(known):
    """Five recipients who differ; NOW is 40 days after they were first written to."""
    for number in range(5):
        free = mail_to(known, "idle@x.org", "ann@x.org", "bob@x.org", at=number, plan="free")
    first = mail_to(known, "old@x.org", at=10, plan="gold")
    known.event(first, "Open", opened_by("old@x.org"), at=11)
    gone = mail_to(known, "gone@x.org", at=12)
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "gone@x.org"}]}
    known.event(gone, "Bounce", bounce, at=13)
    await known.drain(40 * 24 * 3600)
    late = mail_to(known, "ann@x.org", plan="gold")
    known.event(late, "Open", opened_by("ann@x.org"), at=1)
    known.event(late, "Click", opened_by("ann@x.org"), at=2)
    known.event(free, "Click", opened_by("bob@x.org"), at=3)
    await known.drain(1)
    return known


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("opened in 30 days", "ann"),
        ("opened", "ann old"),
        ("opened and not opened in 30 days", "old"),
        ("never opened after 5 sends", "bob idle"),
        ("never opened after 6 sends", ""),
        ("clicked", "ann bob"),
        ("clicked and never opened", "bob"),
        ("bounced", "gone"),
        ("not bounced and sent in 1 day", "ann"),
        ("sent at least 5 times", "ann bob idle"),
        ("attribute plan is gold", "ann old"),
        ("attribute plan", "ann bob idle old"),
        ("not attribute plan", "gone"),
        ("bounced or (attribute plan is gold and clicked)", "ann gone"),
    ],
)
async def test_a_rule_finds_whom_it_describes(people, rule, found):
    assert names(people, rule) == [f"{one}@x.org" for one in found.split()]


async def test_members_are_read_page_by_page(people):
    assert names(people, limit=2) == ["ann@x.org", "bob@x.org"]
    assert names(people, limit=9, after="Bob@x.org") == ["gone@x.org", "idle@x.org", "old@x.org"]


async def test_who_is_forgotten_is_counted_anew(people):
    with people.store.transaction() as conn:
        forget_recipient(conn, ACCOUNT, "Ann@x.org")
        with pytest.raises(NotFound):
            forget_recipient(conn, ACCOUNT, "ann@x.org")
    assert "ann@x.org" not in names(people)
    mail_to(people, "ann@x.org")
    await people.drain(1)
    (ann,) = [one for one in members(people) if one.address == "ann@x.org"]
    assert (ann.counts["sent"], ann.attributes) == (1, {})


async def test_a_segment_is_saved_once_by_its_name_and_only_with_a_rule(world):
    with world.store.transaction() as conn:
        new = Segment(application=APP, name="idle", rule="never opened", created_at=NOW)
        create_segment(conn, ACCOUNT, new)
        assert find_segment(conn, ACCOUNT, "idle") == new
        with pytest.raises(AlreadyExists):
            create_segment(conn, ACCOUNT, new)
        other = Segment(application="b" * 32, name="idle", rule="opened", created_at=NOW)
        create_segment(conn, ACCOUNT, other)
        with pytest.raises(BadRequest):
            find_segment(conn, ACCOUNT, "idle")
        assert find_segment(conn, ACCOUNT, "idle", "b" * 32) == other
        with pytest.raises(BadRequest):
            bad = Segment(application=APP, name="bad", rule="opend", created_at=NOW)
            create_segment(conn, ACCOUNT, bad)
