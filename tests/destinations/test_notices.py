"""What topics are told besides events: identities' notifications, and that a topic works."""

import json
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, update

from pillarbox.base.ids import uuid7
from pillarbox.destinations.message import message_of
from pillarbox.manage.identities.notifications import (
    set_headers_in_notifications,
    set_notification_topic,
)
from pillarbox.manage.sets.event_destinations import VALIDATED
from pillarbox.model.event_destination import CloudWatch, Dimension, Firehose, Sns, kind_of
from pillarbox.model.publishing import Published, Refused
from pillarbox.model.topic import Subscription
from pillarbox.store.identity.notifications import delete_notifications
from pillarbox.store.publishing.dead_letters import list_dead_letters, replay_dead_letters
from pillarbox.store.retention import delete_old_messages
from pillarbox.store.tables import (
    event_destinations,
    messages,
    notices,
    outbox,
    recipients,
    topic_subscriptions,
)
from pillarbox.store.tables import topics as topics_table
from tests.destinations.publishing_world import HOUR
from tests.peers.ses_records import read_event, read_notification
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, add_identity

CASES = Path(__file__).parents[1] / "cases" / "sns"
TOPIC = "arn:aws:sns:us-east-1:123456789012:told"
DELIVERED = {
    "timestamp": "2026-01-05T10:00:02.456Z",
    "processingTimeMillis": 7,
    "recipients": ["to@example.org"],
    "smtpResponse": "250 ok",
    "reportingMTA": "mta.example",
}
MAIL = json.loads((CASES / "events.json").read_text())[0]["mail"]


class Told:
    """A driver that keeps what topics are told; it hands on to the webhooks of `onward`."""

    def __init__(self):
        self.texts, self.subjects, self.onward, self.refuse = [], [], (), None

    async def publish(self, place, records):
        if self.refuse:
            return dict.fromkeys((one.event_id for one in records), self.refuse)
        for one in records:
            message = message_of(one)
            self.texts.append((place.target, message.text))
            self.subjects.append(message.subject)
        onward = () if isinstance(place.target, Subscription) else self.onward
        return {one.event_id: Published(onward) for one in records}


@pytest.fixture
def told(world):
    """A world with the identity example.com, and what its topics were told."""
    with world.store.transaction() as conn:
        add_identity(conn)
    driver = Told()
    world.draining = world.new_draining(driver=driver)
    return driver


def set_topic(world, kind="Delivery", topic=TOPIC, name="example.com"):
    with world.store.transaction() as conn:
        set_notification_topic(conn, ACCOUNT, name, kind, topic, now=world.now)


def happen(world, kind="Delivery", source="Shop <a@example.com>", detail=None):
    """Have an event happen to a message from a sender; give the message's id."""
    message = world.message()
    mail = msgspec.json.encode(MAIL).decode()
    with world.store.transaction() as conn:
        which = messages.c.id == message
        conn.execute(update(messages).where(which).values(source=source, mail=mail))
    world.event(message, kind, DELIVERED if detail is None else detail, at=1)
    return message


async def told_texts(world, told):
    await world.drain(1)
    return [text for _, text in told.texts]


@pytest.mark.parametrize("enabled", [False, True])
async def test_a_notification_is_as_the_real_service_writes_it(world, told, enabled):
    set_topic(world)
    with world.store.transaction() as conn:
        set_headers_in_notifications(conn, ACCOUNT, "example.com", "Delivery", enabled=enabled)
    happen(world)
    second, first = sorted(await told_texts(world, told), key=lambda one: "Succeeded" in one)
    assert read_notification(first).message == (
        f"You have successfully subscribed your Amazon SNS topic '{TOPIC}' to receive 'Delivery' "
        "notifications from Amazon SES for identity 'example.com'."
    )
    read = read_notification(second)
    assert msgspec.to_builtins(read.delivery) == DELIVERED | {"remoteMtaIp": None}
    assert (read.mail.sourceIp, read.mail.callerIdentity) == ("192.0.2.10", "app-user")
    assert (read.mail.headers is not None, read.mail.commonHeaders is not None) == (
        enabled,
        enabled,
    )
    assert told.subjects == [None, None]
    assert {target for target, _ in told.texts} == {Sns(TOPIC)}
    assert world.rows() == []


def test_samples_of_the_real_service_are_read_by_the_same_reader():
    events = json.loads((CASES / "events.json").read_text())
    notified = json.loads((CASES / "notifications.json").read_text())
    assert len([read_event(json.dumps(one)) for one in events]) == 10
    assert len([read_notification(json.dumps(one)) for one in notified]) == 4
    with pytest.raises(msgspec.ValidationError):
        read_event(json.dumps(events[0] | {"more": 1}))


@pytest.mark.parametrize("kind", ["Send", "Open", "Click", "Reject", "DeliveryDelay", "Bounce"])
async def test_no_other_event_is_told(world, told, kind):
    set_topic(world)
    happen(world, kind, detail={})
    assert len(await told_texts(world, told)) == 1


@pytest.mark.parametrize(
    ("source", "topic"),
    [
        ("a@example.com", "domain"),
        ("Shop <a@example.com>", "domain"),
        ("a@deep.sub.example.com", "domain"),
        ("boss@example.com", "address"),
        ("boss+x@example.com", "address"),
        ("BOSS@EXAMPLE.com", "domain"),
        ("a@example.org", None),
        ("not an address", None),
    ],
)
async def test_the_most_specific_identity_is_told(world, told, source, topic):
    with world.store.transaction() as conn:
        add_identity(conn, "boss@example.com")
    for name in ("domain", "address"):
        identity = "example.com" if name == "domain" else "boss@example.com"
        set_topic(world, topic=f"{TOPIC}-{name}", name=identity)
    happen(world, source=source)
    await told_texts(world, told)
    found = [target.topic_arn for target, text in told.texts if "Succeeded" not in text]
    assert found == ([f"{TOPIC}-{topic}"] if topic else [])


@pytest.mark.parametrize("gone", ["topic", "identity"])
async def test_what_waits_for_a_topic_that_was_taken_away_goes(world, told, gone):
    set_topic(world)
    happen(world)
    if gone == "topic":
        set_topic(world, topic="")
    else:
        with world.store.transaction() as conn:
            delete_notifications(conn, ACCOUNT, "example.com")
    happen(world)
    assert await told_texts(world, told) == []
    assert world.rows() == []


async def test_an_event_and_its_notification_reach_one_webhook_both(world, told):
    hook = add_webhook(world)
    told.onward = (hook,)
    set_topic(world)
    world.destination(types=("DELIVERY",))
    happen(world)
    await told_texts(world, told)
    posted = [json.loads(text) for target, text in told.texts if isinstance(target, Subscription)]
    kinds = {one.get("eventType") or one["notificationType"] for one in posted}
    assert kinds == {"Delivery"}
    assert len(posted) == 2
    assert world.rows() == []


def add_webhook(world):
    row_id = uuid7(world.now)
    world.insert(
        topics_table,
        arn=TOPIC,
        account_id=ACCOUNT,
        name="told",
        signature_version="1",
        created_at=world.now,
    )
    world.insert(
        topic_subscriptions,
        id=row_id,
        topic_arn=TOPIC,
        endpoint="https://app.example/",
        raw=False,
        token="t",
        created_at=world.now,
        confirmed_at=world.now,
    )
    return row_id


async def test_a_refused_notification_is_listed_by_its_identity_and_replayed(world, told):
    set_topic(world)
    happen(world)
    told.refuse = Refused("no")
    await told_texts(world, told)
    told.refuse = None
    with world.store.transaction() as conn:
        found = list_dead_letters(conn, ACCOUNT, "example.com/Delivery", 10)
        assert [(one.type, one.reason) for one in found] == [("Notice", "no")] * 2
        assert replay_dead_letters(conn, None, "example.com/Delivery", now=world.now, limit=9) == 2
    assert len(await told_texts(world, told)) == 2


async def test_retention_removes_notices(world, told):
    set_topic(world)
    happen(world)
    with world.store.transaction() as conn:
        conn.execute(update(recipients).values(state=1))
        delete_old_messages(conn, world.now + HOUR, 10)
    assert (world.rows(notices), world.rows(messages)) == ([], [])
    assert len(world.rows()) == 1  # a notice's place in the outbox is found to lead nowhere
    assert await told_texts(world, told) == []
    assert world.rows() == []


async def test_the_topic_of_a_new_destination_is_told_that_it_works(world, told):
    with world.store.transaction() as conn:
        create_destination(conn, target=Sns(TOPIC), told=True)
    assert await told_texts(world, told) == [VALIDATED]
    assert told.subjects == [None]
    world.message()
    await world.drain(1)
    assert told.subjects == [None, "Amazon SES Email Event Notification"]


@pytest.mark.parametrize(
    "target",
    [
        CloudWatch((Dimension("a", "MESSAGE_TAG", "b"),)),
        Firehose(
            "arn:aws:iam::123456789012:role/r",
            "arn:aws:firehose:us-east-1:123456789012:deliverystream/s",
        ),
    ],
    ids=["metrics", "stream"],
)
async def test_notices_are_for_topics_alone(world, told, target):
    with world.store.transaction() as conn:
        create_destination(conn, "b", target=target)
    assert world.rows(outbox) == []
    with world.store.transaction() as conn:
        create_destination(conn, target=Sns(TOPIC), told=True)
        settings = msgspec.json.encode(target).decode()
        conn.execute(
            update(event_destinations)
            .where(event_destinations.c.name == "a")
            .values(kind=kind_of(target), settings=settings)
        )
    assert await told_texts(world, told) == []
    assert world.rows() == []


async def test_a_disabled_destination_is_told_nothing(world, told):
    with world.store.transaction() as conn:
        create_destination(conn, target=Sns(TOPIC), told=True)
        conn.execute(update(event_destinations).values(enabled=False))
    assert await told_texts(world, told) == []
    with world.store.transaction() as conn:
        conn.execute(delete(event_destinations))
