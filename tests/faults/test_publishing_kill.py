"""kill -9 while a flapping webhook takes events: all arrive, in order, twice only over the kill."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from tests.peers.node import CAPTURE, Node
from tests.peers.programs import kill
from tests.peers.wait import free_port, until
from tests.peers.webhook import webhook

ARN = "arn:aws:sns:us-east-1:123456789012:news"
MESSAGES = 300
ARRIVE_SECONDS = 60
"""What fails rests for 5 seconds, then 10; what a dead worker held, its next self takes at once."""


def flapping(number: int) -> int:
    return 503 if number % 50 == 0 or 100 <= number < 110 else 200


def make_world(node, hook):
    client = node.client("sesv2")
    client.create_email_identity(EmailIdentity="example.com")
    client.create_configuration_set(ConfigurationSetName="hooked")
    client.create_configuration_set_event_destination(
        ConfigurationSetName="hooked",
        EventDestinationName="out",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "DELIVERY"],
            "SnsDestination": {"TopicArn": ARN},
        },
    )
    node.run("topics", "create", "news")
    node.run("topics", "subscribe", "news", hook.url)
    node.run("topics", "confirm", "news", hook.taken[0].json["Token"])


def send(client):
    return client.send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.org"]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
        ConfigurationSetName="hooked",
    )["MessageId"]


def test_every_event_survives_a_kill(tmp_path, durable_store_url):
    settings = CAPTURE | {"PILLARBOX_LISTEN_API": f"127.0.0.1:{free_port()}"}
    if durable_store_url is not None:
        settings["PILLARBOX_STORE_URL"] = durable_store_url
    folder = tmp_path / "node"
    with webhook() as hook:
        with Node.start(folder, settings) as node:
            make_world(node, hook)
            hook.status = flapping
            client = node.client("sesv2")
            with ThreadPoolExecutor(4) as pool:
                sent = list(pool.map(lambda _: send(client), range(MESSAGES)))
            until(lambda: len(hook.taken) > MESSAGES // 2, ARRIVE_SECONDS, "some events")
            kill(node.process)
            killed_at = len(hook.events)
        with Node.start(folder, settings):
            wanted = {(one, kind) for one in sent for kind in ("Send", "Delivery")}
            until(lambda: set(hook.events) == wanted, ARRIVE_SECONDS, "all events")
        places = defaultdict(list)
        for number, event in enumerate(hook.events):
            places[event].append(number)
    assert killed_at < len(wanted)
    assert all(places[one, "Send"][0] < places[one, "Delivery"][0] for one in sent)
    again = [found[1] for found in places.values() if len(found) > 1]
    assert all(one >= killed_at for one in again)
    assert max(map(len, places.values())) <= 2
