"""A real Postfix takes a message, can't pass it on, and tells us by a delivery status."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import RECEIVER, SERVICE, World, assert_ended_well
from tests.e2e.letters import simple
from tests.peers import postfix
from tests.peers.dns_zone import DnsZone
from tests.peers.node import DIRECT, Node
from tests.peers.postfix import Postfix
from tests.peers.wait import free_port

pytestmark = pytest.mark.postfix


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A node, and a gateway that takes all mail for its domain and passes everything, reports too,
    on to the node's inbound listener: which refuses all but its own addresses.
    """
    if not postfix.available():
        pytest.skip("needs Debian's postfix, and root to start it")
    inbound = free_port()
    gateway = {
        "myhostname": f"mx.{RECEIVER}",
        "relay_domains": RECEIVER,
        "relayhost": f"[127.0.0.1]:{inbound}",
        "smtpd_recipient_restrictions": "reject_unauth_destination",
    }
    with DnsZone() as zone, Postfix.start(gateway) as mx:
        zone.set(RECEIVER, "MX", f"10 mx.{RECEIVER}")
        zone.set(f"mx.{RECEIVER}", "A", "127.0.0.1")
        settings = DIRECT | {
            "PILLARBOX_SERVICE_DOMAIN": SERVICE,
            "PILLARBOX_DELIVER_SMTP_PORT": str(mx.port),
            "PILLARBOX_DNS_RESOLVER": zone.address,
            "PILLARBOX_LISTEN_INBOUND": f"127.0.0.1:{inbound}",
        }
        with Node.start(tmp_path_factory.mktemp("direct"), settings) as node:
            zone.forward(SERVICE, node.dns_port)
            yield World(node, zone, mx)
        assert_ended_well(node)


def test_what_postfix_could_not_pass_on_bounces_after_its_delivery(
    world: World, domain: str
) -> None:
    world.verify(domain)
    to = f"gone@{RECEIVER}"
    letter = simple(f"me@{domain}") | {"Destination": {"ToAddresses": [to]}}
    message_id = world.node.client("sesv2").send_email(**letter)["MessageId"]
    events = world.node.events_when(message_id, "Send", "Delivery", "Bounce")
    # Postfix may have told us before the delivery to it is settled.
    (told,) = [one["bounce"] for one in events if one["eventType"] == "Bounce"]
    assert (told["bounceType"], told["bounceSubType"]) == ("Permanent", "General")
    assert told["reportingMTA"] == f"dns; mx.{RECEIVER}"
    (recipient,) = told["bouncedRecipients"]
    assert (recipient["emailAddress"], recipient["status"]) == (to, "5.1.1")
    assert recipient["diagnosticCode"] == "smtp; 550 5.1.1 No such address here"
    entry = world.node.client("sesv2").get_suppressed_destination(EmailAddress=to)
    assert entry["SuppressedDestination"]["Reason"] == "BOUNCE"
