"""Mail that has to wait: the second failure is told, to whom asked for DeliveryDelay events."""

import json
from datetime import datetime, timedelta

import pytest

from tests.e2e.conftest import RECEIVER, World
from tests.e2e.letters import simple
from tests.peers.ses_records import DelayEvent, read_event
from tests.peers.wait import ARRIVAL_SECONDS, until
from tests.peers.webhook import webhook

pytestmark = pytest.mark.postfix
TOPICS = "arn:aws:sns:us-east-1:123456789012:"


def make_set(world: World, name: str) -> None:
    client = world.node.client("sesv2")
    client.create_configuration_set(ConfigurationSetName=name)
    client.create_configuration_set_event_destination(
        ConfigurationSetName=name,
        EventDestinationName="delays",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["DELIVERY_DELAY"],
            "SnsDestination": {"TopicArn": TOPICS + name},
        },
    )


@pytest.mark.parametrize(
    ("to", "delay_type", "status", "diagnostic"),
    [
        pytest.param(
            f"later@{RECEIVER}",
            "General",
            "4.7.1",
            "smtp; 451 4.7.1 <later@receiver.example>: Recipient address rejected: Greylisted",
            id="refused for now",
        ),
        pytest.param(
            "a@down.example",
            "TransientCommunicationFailure",
            "4.4.1",
            "smtp; 421 4.4.1 Unable to connect to remote host: Connection refused",
            id="host down",
        ),
    ],
)
def test_a_second_failure_is_a_delivery_delay(
    world: World, domain: str, dead: str, to: str, delay_type: str, status: str, diagnostic: str
) -> None:
    world.zone.set("down.example", "A", dead)
    world.verify(domain)
    name = domain.partition(".")[0]
    make_set(world, name)
    world.node.run("topics", "create", name)
    with webhook() as hook:
        world.node.run("topics", "subscribe", name, hook.url, "--standard")
        sent = world.node.client("sesv2").send_email(
            **simple(f"me@{domain}", to, ConfigurationSetName=name)
        )["MessageId"]

        def failed() -> bool:
            return any(last for _, _, last in world.waiting(sent))

        until(failed, ARRIVAL_SECONDS, "a first failure")
        assert [one["eventType"] for one in world.node.events(sent)] == ["Send"]
        world.node.run("queue", "retry", "--message", sent)
        until(lambda: bool(hook.taken), ARRIVAL_SECONDS, "the event")
        world.node.run("topics", "unsubscribe", name, hook.url)
    (told,) = [one.json for one in hook.taken]
    event = read_event(json.dumps(told["data"]))
    assert told["type"] == "email.delivery_delay"
    assert isinstance(event, DelayEvent)
    delay = event.deliveryDelay
    (recipient,) = delay.delayedRecipients
    assert (delay.delayType, recipient.emailAddress, recipient.status) == (delay_type, to, status)
    assert recipient.diagnosticCode.startswith(diagnostic)
    assert event.mail.messageId == sent
    accepted, expires = (
        datetime.fromisoformat(one) for one in (event.mail.timestamp, delay.expirationTime)
    )
    assert expires - accepted == timedelta(hours=14)
    assert accepted < datetime.fromisoformat(delay.timestamp) < expires
    assert delay.reportingMTA
