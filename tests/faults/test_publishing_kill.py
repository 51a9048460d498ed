"""kill -9 among the events for a flapping webhook: all arrive, in order, twice only over the kill.

PILLARBOX_TEST_EVENTS says how many there are; `make faults` has 20,000.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import update

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import uuid7, uuid_text
from pillarbox.model.event import Event
from pillarbox.model.queued import DELIVERED
from pillarbox.store.mail.messages import insert_messages
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.store import Store
from pillarbox.store.tables import recipients
from tests.peers.node import CAPTURE, Node
from tests.peers.programs import kill
from tests.peers.wait import free_port, until
from tests.peers.webhook import Webhook, webhook
from tests.store.rows import ACCOUNT, accepted

ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
SENT = 50
SENT_TYPES = ("Send", "Delivery")
TYPES = ("Send", "Delivery", "Open", "Click", "Complaint")
EVENTS = int(os.environ.get("PILLARBOX_TEST_EVENTS", "2000"))
KEPT = (EVENTS - SENT * len(SENT_TYPES)) // len(TYPES)
ARRIVE_SECONDS = 60 + EVENTS // 100
"""What fails rests for 5 seconds, then 10; what a dead worker held, its next self takes at once."""
DOWN_FROM = EVENTS // 10
DOWN_FOR = 30


def flapping(number: int) -> int:
    """Fail now and then, and be down for a while; from the middle on, be well."""
    down = DOWN_FROM <= number < DOWN_FROM + DOWN_FOR
    return 503 if down or (number < EVENTS // 2 and number % 100 == 0) else 200


@dataclass
class Arrived:
    """What the webhook took: the places of each event among all, read as they come."""

    hook: Webhook
    read: int
    places: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def count(self) -> int:
        """Read what has come since; give how many different events have arrived."""
        for number, one in enumerate(self.hook.taken[self.read :], self.read):
            event = one.event
            key = event["mail"]["messageId"], event["eventType"]
            self.places.setdefault(key, []).append(number)
            self.read = number + 1
        return len(self.places)


def make_world(node, hook):
    client = node.client("sesv2")
    client.create_email_identity(EmailIdentity="example.com")
    client.create_configuration_set(ConfigurationSetName="hooked")
    node.run("topics", "create", "news")
    node.run("topics", "subscribe", "news", hook.url)
    node.run("topics", "confirm", "news", hook.taken[0].json["Token"])
    client.create_configuration_set_event_destination(
        ConfigurationSetName="hooked",
        EventDestinationName="out",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": [one.upper() for one in TYPES],
            "SnsDestination": {"TopicArn": ARN},
        },
    )
    until(lambda: len(hook.taken) == 2, ARRIVE_SECONDS, "the message that the topic works")


def keep_events(url):
    """Store delivered messages with the events that wait for the webhook; give their ids."""
    now, ids = now_ms(), []
    store = Store(url)
    with store.transaction() as conn:
        for _ in range(KEPT):
            one = accepted("b@example.org", now=now, configuration_set="hooked")
            name = uuid_text(one.message.id)
            ids.append(name)
            insert_messages(conn, [replace(one, mail={"messageId": name})])
            # All within one millisecond: their order is that of their ids.
            insert_events(conn, [event(one.message.id, kind, now) for kind in TYPES])
        conn.execute(update(recipients).values(state=DELIVERED))
    store.close()
    return ids


def event(message_id, kind, now):
    return Event(
        id=uuid7(now),
        account_id=ACCOUNT,
        message_id=message_id,
        position=0,
        type=kind,
        created_at=now,
        detail={},
        configuration_set="hooked",
    )


def send(client):
    return client.send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.org"]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
        ConfigurationSetName="hooked",
    )["MessageId"]


@pytest.mark.timeout(120 + 3 * ARRIVE_SECONDS)
def test_every_event_survives_a_kill(tmp_path, durable_store_url):
    settings = CAPTURE | {"PILLARBOX_LISTEN_API": f"127.0.0.1:{free_port()}"}
    if durable_store_url is not None:
        settings["PILLARBOX_STORE_URL"] = durable_store_url
    folder = tmp_path / "node"
    with webhook() as hook:
        with Node.start(folder, settings) as node:
            make_world(node, hook)
            url = durable_store_url or f"sqlite:///{node.data / 'pillarbox.sqlite'}"
        kept = keep_events(url)
        hook.asked, hook.status = 0, flapping
        arrived = Arrived(hook, read=len(hook.taken))
        with Node.start(folder, settings) as node:
            client = node.client("sesv2")
            with ThreadPoolExecutor(4) as pool:
                sent = list(pool.map(lambda _: send(client), range(SENT)))
            until(lambda: hook.asked > EVENTS // 3, ARRIVE_SECONDS, "a third of the events")
            kill(node.process)
            # What lies in the sockets was posted before the kill.
            until(lambda: hook.connections == 0, ARRIVE_SECONDS, "the end of all connections")
        killed_at = len(hook.taken)
        wanted = [(sent, SENT_TYPES), (kept, TYPES)]
        number = sum(len(ids) * len(types) for ids, types in wanted)
        assert arrived.count() < number
        with Node.start(folder, settings):
            until(lambda: arrived.count() >= number, ARRIVE_SECONDS, "all events")
    places = arrived.places
    assert set(places) == {(one, kind) for ids, types in wanted for one in ids for kind in types}
    for ids, types in wanted:
        for one in ids:
            firsts = [places[one, kind][0] for kind in types]
            assert firsts == sorted(firsts)
    again = [found for found in places.values() if len(found) > 1]
    wrong = [found for found in again if not found[0] < killed_at <= found[1]]
    assert not wrong, f"killed at {killed_at}; log: {(folder / 'pillarbox.log').read_text()}"
    assert all(len(found) == 2 for found in again)
