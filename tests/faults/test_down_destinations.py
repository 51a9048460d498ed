"""Destinations that are down, with 50,000 events waiting: nobody else waits, and no memory goes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, update

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import uuid7, uuid_text
from pillarbox.manage.topics import confirm, create_topic, subscribe, topic_arn
from pillarbox.model.event import Event
from pillarbox.model.queued import DELIVERED
from pillarbox.store.mail.messages import insert_messages
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.publishing.outbox import count_waiting
from pillarbox.store.store import Store
from pillarbox.store.tables import recipients
from tests.peers.hanging import HangingHosts
from tests.peers.node import CAPTURE, Node
from tests.peers.peak import peak_megabytes, tell
from tests.peers.wait import ARRIVAL_SECONDS, free_port, until
from tests.peers.webhook import webhook
from tests.store.rows import ACCOUNT, accepted

REGION = "us-east-1"
TYPES = ("Send", "Delivery", "Open", "Click", "Complaint")
MESSAGES = 5_000
WAITING = MESSAGES * len(TYPES)
"""Events for each of the two webhooks that are down."""
AT_ONCE = 500
HEADERS = [{"name": f"X-Header-{number}", "value": f"{number}" * 50} for number in range(50)]
"""So that an event is about 7,000 octets as JSON, and more than twice that in memory."""
EIGHT_TURNS, TWO_TURNS = 64, 16
"""What turns post at once: 8 messages each."""
MOST_GROWTH = 60
"""Megabytes. A worker holds 8 turns of 50 events for each destination (`destinations/draining.py`,
`turn.py`), 800 events here with what is posted of them. All 50,000 would take 600 and more."""


@pytest.fixture
def store(durable_store_url: str | None, tmp_path) -> Iterator[Store]:
    """The node's store, seen from beside it."""
    url = durable_store_url or f"sqlite:///{tmp_path / 'node' / 'data' / 'pillarbox.sqlite'}"
    opened = Store(url)
    yield opened
    opened.close()


@pytest.mark.timeout(10 * ARRIVAL_SECONDS)
def test_destinations_that_are_down_delay_nobody_and_cost_no_memory(
    tmp_path, durable_store_url, store, capsys
):
    settings = dict(CAPTURE)
    if durable_store_url is not None:
        settings["PILLARBOX_STORE_URL"] = durable_store_url
    port = free_port()
    with (
        HangingHosts(port, 1) as hanging,
        webhook(lambda _: 503) as refusing,
        webhook() as swift,
        Node.start(tmp_path / "node", settings, workers=1) as node,
    ):
        hangs = f"http://{hanging.addresses[0]}:{port}/hook"
        made = make_world(node, store, {"down": [hangs, refusing.url], "swift": [swift.url]})
        down = made["down"]
        # Each topic is told first that it works.
        until(lambda: len(swift.taken) == 1, ARRIVAL_SECONDS, "the message that a topic works")
        until(lambda: waiting(store, down) == 2, ARRIVAL_SECONDS, "the same to wait elsewhere")
        (before,) = peak_megabytes(node.workers)
        keep_events(store)
        all_of_them = 2 * WAITING + 2
        until(lambda: waiting(store, down) == all_of_them, ARRIVAL_SECONDS, "all to wait")
        until(lambda: hanging.connections >= TWO_TURNS, ARRIVAL_SECONDS, "one to be tried")
        until(lambda: refusing.asked >= EIGHT_TURNS, ARRIVAL_SECONDS, "the other to be tried")
        sent = send(node)
        until(lambda: len(swift.taken) == 3, ARRIVAL_SECONDS, "events of another destination")
        assert {one.json["mail"]["messageId"] for one in swift.taken[1:]} == {sent}
        assert waiting(store, down) == all_of_them
        (peak,) = peak_megabytes(node.workers)
    tell(capsys, f"{2 * WAITING} events wait for what is down, {before:.0f} MB before", [peak])
    assert peak - before < MOST_GROWTH


def make_world(node: Node, store: Store, hooks: dict[str, list[str]]) -> dict[str, list[bytes]]:
    """Make a configuration set and a topic of each name, with webhooks; give these by the name."""
    client = node.client("sesv2")
    client.create_email_identity(EmailIdentity="example.com")
    made = {}
    for name, urls in hooks.items():
        with store.transaction() as conn:
            create_topic(conn, ACCOUNT, name, region=REGION, version="1", now=now_ms())
            made[name] = [webhook_of(conn, name, url) for url in urls]
        client.create_configuration_set(ConfigurationSetName=name)
        client.create_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName="out",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": [one.upper() for one in TYPES],
                "SnsDestination": {"TopicArn": topic_arn(REGION, ACCOUNT, name)},
            },
        )
    return made


def webhook_of(conn: Connection, topic: str, url: str) -> bytes:
    """Subscribe a URL for events alone, and confirm it in its place; give its id."""
    now = now_ms()
    new = subscribe(conn, ACCOUNT, topic, url, region=REGION, raw=True, now=now)
    return confirm(conn, ACCOUNT, topic, new.token, region=REGION, now=now).id


def keep_events(store: Store) -> None:
    """Store delivered messages with their events for what is down: 5,000 calls would take long."""
    for _ in range(MESSAGES // AT_ONCE):
        now = now_ms()
        made = [
            accepted("b@kept.example", now=now, configuration_set="down") for _ in range(AT_ONCE)
        ]
        kept = [
            replace(one, mail={"messageId": uuid_text(one.message.id), "headers": HEADERS})
            for one in made
        ]
        events = [event(one.message.id, kind, now) for one in kept for kind in TYPES]
        with store.transaction() as conn:
            insert_messages(conn, kept)
            insert_events(conn, events)
            conn.execute(
                update(recipients)
                .where(recipients.c.message_id.in_([one.message.id for one in kept]))
                .values(state=DELIVERED)
            )


def event(message_id: bytes, kind: str, now: int) -> Event:
    return Event(
        id=uuid7(now),
        account_id=ACCOUNT,
        message_id=message_id,
        position=0,
        type=kind,
        created_at=now,
        detail={},
        configuration_set="down",
    )


def waiting(store: Store, hooks: list[bytes]) -> int:
    """How many events wait for webhooks."""
    with store.engine.begin() as conn:
        return sum(count_waiting(conn, one) for one in hooks)


def send(node: Node) -> str:
    """Send one message whose events go to what works; its id."""
    answer = node.client("sesv2").send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.org"]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
        ConfigurationSetName="swift",
    )
    return str(answer["MessageId"])
