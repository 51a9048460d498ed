"""What is put to a set or to the account, as the receiver sees it: mail before and after.

The receiver offers no TLS, so that a set that requires it can't be obeyed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import SERVICE, World, assert_ended_well
from tests.e2e.letters import simple
from tests.peers.dns_zone import DnsZone
from tests.peers.node import DIRECT, Node
from tests.peers.smtp_sink import Recorder
from tests.wire.calls import refused

BOTH = pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
PAUSED = (
    "The message can't be sent because the account's ability to send email is currently paused."
)


@dataclass(frozen=True)
class Plain:
    """A node, and the receiver without TLS that is the MX of plain.example."""

    node: Node
    zone: DnsZone
    receiver: Recorder

    def has(self, recipient: str) -> bool:
        """Whether the receiver got mail for a recipient."""
        return any(one.recipient == recipient for one in self.receiver.deliveries())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plain]:
    folder = tmp_path_factory.mktemp("plain")
    with DnsZone() as zone:
        receiver = Recorder(folder)
        zone.set("plain.example", "MX", "10 mx.plain.example")
        zone.set("mx.plain.example", "A", "127.0.0.1")
        settings = DIRECT | {
            "PILLARBOX_SERVICE_DOMAIN": SERVICE,
            "PILLARBOX_DELIVER_SMTP_PORT": str(receiver.port),
            "PILLARBOX_DNS_RESOLVER": zone.address,
        }
        try:
            with Node.start(folder, settings) as node:
                zone.forward(SERVICE, node.dns_port)
                yield Plain(node, zone, receiver)
            assert_ended_well(node)
        finally:
            receiver.stop()


@pytest.fixture
def send(plain: Plain, domain: str, service: str) -> Iterator[Any]:
    """Send from a verified domain through its own set, and wait for these events."""
    World(plain.node, plain.zone, None).verify(domain)  # type: ignore[arg-type]
    client, name = plain.node.client(service), domain.replace(".", "-")
    client.create_configuration_set(ConfigurationSetName=name)

    def send_one(user: str, *events: str) -> list[dict[str, Any]]:
        letter = simple(f"me@{domain}", address(domain, user), ConfigurationSetName=name)
        sent = client.send_email(**letter)["MessageId"]
        return plain.node.events_when(sent, *events)

    yield send_one
    client.delete_configuration_set(ConfigurationSetName=name)


def address(domain: str, user: str) -> str:
    """A recipient no other test has."""
    return f"{user}.{domain}@plain.example"


@BOTH
def test_a_paused_set_sends_nothing(plain: Plain, domain: str, service: str, send: Any) -> None:
    client, name = plain.node.client(service), domain.replace(".", "-")
    send("before", "Send", "Delivery")
    client.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=False)
    letter = simple(f"me@{domain}", address(domain, "paused"), ConfigurationSetName=name)
    assert refused(client.send_email, **letter) == (
        "SendingPausedException",
        400,
        f"Sending is paused for configuration set {name}",
    )
    client.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=True)
    send("after", "Send", "Delivery")
    got = [plain.has(address(domain, user)) for user in ("before", "paused", "after")]
    assert got == [True, False, True]


@BOTH
def test_an_account_that_is_switched_off_sends_nothing(
    plain: Plain, domain: str, service: str, send: Any
) -> None:
    client = plain.node.client(service)
    send("before", "Send", "Delivery")
    client.put_account_sending_attributes(SendingEnabled=False)
    try:
        letter = simple(f"me@{domain}", address(domain, "paused"))
        assert refused(client.send_email, **letter) == ("SendingPausedException", 400, PAUSED)
    finally:
        client.put_account_sending_attributes(SendingEnabled=True)
    send("after", "Send", "Delivery")
    got = [plain.has(address(domain, user)) for user in ("before", "paused", "after")]
    assert got == [True, False, True]


@BOTH
def test_where_tls_is_required_nothing_goes_without(
    plain: Plain, domain: str, service: str, send: Any
) -> None:
    client, name = plain.node.client(service), domain.replace(".", "-")
    send("before", "Send", "Delivery")
    put = client.put_configuration_set_delivery_options
    put(ConfigurationSetName=name, TlsPolicy="REQUIRE")
    _, bounced = send("required", "Send", "Bounce")
    assert bounced["bounce"]["bouncedRecipients"][0]["status"] == "5.7.10"
    put(ConfigurationSetName=name, TlsPolicy="OPTIONAL")
    send("after", "Send", "Delivery")
    got = [plain.has(address(domain, user)) for user in ("before", "required", "after")]
    assert got == [True, False, True]


@pytest.mark.parametrize("service", ["sesv2"])
def test_a_suppressed_recipient_gets_nothing(
    plain: Plain, domain: str, service: str, send: Any
) -> None:
    client, user = plain.node.client(service), "listed"
    client.put_suppressed_destination(EmailAddress=address(domain, user), Reason="BOUNCE")
    _, bounced = send(user, "Send", "Bounce")
    assert bounced["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert not plain.has(address(domain, user))
    client.delete_suppressed_destination(EmailAddress=address(domain, user))
    send(user, "Send", "Delivery")
    assert plain.has(address(domain, user))
