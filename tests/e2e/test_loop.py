"""A domain whose MX host is our own inbound listener is a loop, end to end."""

from pathlib import Path

from tests.e2e.conftest import SERVICE, World, assert_ended_well
from tests.e2e.letters import simple
from tests.peers.dns_zone import DnsZone
from tests.peers.node import DIRECT, Node
from tests.peers.wait import free_port

DOMAIN, LOOPING = "looped.example", "loop.example"


def test_mail_that_would_come_back_to_us_bounces_as_a_loop(tmp_path: Path) -> None:
    port = str(free_port())
    with DnsZone() as zone:
        settings = DIRECT | {
            "PILLARBOX_SERVICE_DOMAIN": SERVICE,
            "PILLARBOX_LISTEN_INBOUND": f"127.0.0.1:{port}",
            "PILLARBOX_DELIVER_SMTP_PORT": port,
            "PILLARBOX_DNS_RESOLVER": zone.address,
        }
        zone.set(LOOPING, "MX", f"10 mx.{LOOPING}")
        zone.set(f"mx.{LOOPING}", "A", "127.0.0.1")
        with Node.start(tmp_path / "node", settings, 1) as node:
            zone.forward(SERVICE, node.dns_port)
            World(node, zone, mx=None).verify(DOMAIN)  # type: ignore[arg-type]
            sent = node.client("sesv2").send_email(**simple(f"me@{DOMAIN}", f"you@{LOOPING}"))
            events = node.events_when(sent["MessageId"], "Send", "Bounce")
        (bounce,) = [one["bounce"] for one in events if one["eventType"] == "Bounce"]
        assert bounce["bouncedRecipients"][0]["status"] == "5.4.6"
        assert_ended_well(node)
