"""Many clients of both APIs change the same thing at once, on a node of two workers."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from tests.peers.node import Node

SERVICES = ("pinpoint-email", "sesv2")
CLIENTS = 16
TOPIC = {
    "MatchingEventTypes": ["SEND"],
    "SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:events"},
}


def told(call: Callable[[], Any]) -> str:
    """What a client is told: `ok`, or the code of the error."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


def at_once(calls: Sequence[Callable[[], Any]]) -> Counter[str]:
    """Make all calls at once, each on a connection of its own; count what they are told."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(told, calls))


def clients(node: Node) -> list[Any]:
    """Half of them for each API."""
    return [node.client(SERVICES[number % 2]) for number in range(CLIENTS)]


def test_of_those_who_create_the_same_set_one_makes_it(capture: Node, domain: str) -> None:
    name = domain.replace(".", "-")
    answers = at_once(
        [
            lambda client=client: client.create_configuration_set(ConfigurationSetName=name)
            for client in clients(capture)
        ]
    )
    assert answers == {"ok": 1, "AlreadyExistsException": CLIENTS - 1}


def test_a_set_never_has_more_than_ten_destinations(capture: Node, domain: str) -> None:
    name = domain.replace(".", "-")
    capture.client("sesv2").create_configuration_set(ConfigurationSetName=name)
    answers = at_once(
        [
            lambda client=client, at=at: client.create_configuration_set_event_destination(
                ConfigurationSetName=name, EventDestinationName=f"d{at}", EventDestination=TOPIC
            )
            for at, client in enumerate(clients(capture))
        ]
    )
    assert answers == {"ok": 10, "LimitExceededException": CLIENTS - 10}


def test_no_option_that_is_put_is_lost(capture: Node, domain: str) -> None:
    name, client = domain.replace(".", "-"), capture.client("sesv2")
    client.create_configuration_set(ConfigurationSetName=name)
    client.create_email_identity(EmailIdentity=domain)
    puts: list[tuple[str, dict[str, Any]]] = [
        ("sending", {"SendingEnabled": False}),
        ("reputation", {"ReputationMetricsEnabled": False}),
        ("delivery", {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300}),
        ("tracking", {"CustomRedirectDomain": domain}),
        ("suppression", {"SuppressedReasons": ["COMPLAINT"]}),
    ]
    own = [capture.client("sesv2") for _ in puts]
    answers = at_once(
        [
            lambda one=one, group=group, options=options: getattr(
                one, f"put_configuration_set_{group}_options"
            )(ConfigurationSetName=name, **options)
            for one, (group, options) in zip(own, puts, strict=True)
        ]
    )
    assert answers == {"ok": len(puts)}
    shown = client.get_configuration_set(ConfigurationSetName=name)
    assert shown["SendingOptions"] == {"SendingEnabled": False}
    assert shown["ReputationOptions"] == {"ReputationMetricsEnabled": False}
    assert shown["DeliveryOptions"] == {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300}
    assert shown["TrackingOptions"] == {"CustomRedirectDomain": domain}
    assert shown["SuppressionOptions"] == {"SuppressedReasons": ["COMPLAINT"]}


def test_of_those_who_delete_a_set_one_does(capture: Node, domain: str) -> None:
    name = domain.replace(".", "-")
    capture.client("sesv2").create_configuration_set(ConfigurationSetName=name)
    answers = at_once(
        [
            lambda client=client: client.delete_configuration_set(ConfigurationSetName=name)
            for client in clients(capture)
        ]
    )
    assert answers == {"ok": 1, "NotFoundException": CLIENTS - 1}
