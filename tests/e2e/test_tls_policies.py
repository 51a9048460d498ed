"""A domain with an MTA-STS policy, as the whole program meets it: mail waits, and says why."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import SERVICE, World, assert_ended_well
from tests.peers.authority import Certified
from tests.peers.dns_zone import DnsZone
from tests.peers.node import DIRECT, Node
from tests.peers.scripted_mx import Mx, ended
from tests.peers.wait import ARRIVAL_SECONDS, free_port, until
from tests.peers.web import response, serving

DOMAIN = "strict.example"
ROOT = Certified.issue("root", authority=True)
OFFER = {"EHLO": "250-mx\r\n250 STARTTLS"}
POLICY = f"version: STSv1\r\nmode: enforce\r\nmx: mx.{DOMAIN}\r\nmax_age: 86400\r\n".encode()
REPLY = (
    f"451 4.7.5 TLS is required by the MTA-STS policy of {DOMAIN}: its certificate is not valid:"
    f" Hostname mismatch, certificate is not valid for 'mx.{DOMAIN}'."
)


@dataclass
class Strict:
    """The domain: its zone, its MX host, and the settings of a node that meets them."""

    zone: DnsZone
    mx: Mx
    settings: dict[str, str]


@asynccontextmanager
async def strict_domain(folder: Path) -> AsyncIterator[Strict]:
    """Run the MX host, whose certificate is another's."""
    (folder / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
    other = Certified.issue("mx", ROOT, hosts=["mx.other.example"])
    mx, port = Mx(OFFER, other.context(folder)), free_port()
    server = await asyncio.start_server(mx.serve, "127.0.0.1", port)
    with DnsZone() as zone:
        zone.set(DOMAIN, "MX", f"10 mx.{DOMAIN}")
        zone.set(f"mx.{DOMAIN}", "A", "127.0.0.1")
        zone.set(f"mta-sts.{DOMAIN}", "A", "127.0.0.1")
        zone.set(f"_mta-sts.{DOMAIN}", "TXT", "v=STSv1; id=1;")
        settings = DIRECT | {
            "PILLARBOX_SERVICE_DOMAIN": SERVICE,
            "PILLARBOX_DELIVER_SMTP_PORT": str(port),
            "PILLARBOX_DNS_RESOLVER": zone.address,
            "PILLARBOX_TLS_CA_FILE": str(folder / "root.pem"),
        }
        try:
            yield Strict(zone, mx, settings)
        finally:
            await ended(mx, server)


def send(world: World, domain: str) -> str:
    sent = world.node.client("sesv2").send_email(
        FromEmailAddress=f"me@{domain}",
        Destination={"ToAddresses": [f"you@{DOMAIN}"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "hi"}}}},
    )
    return str(sent["MessageId"])


def waits(world: World, message_id: str) -> None:
    """Wait until the message was kept back by the policy."""
    until(
        lambda: world.waiting(message_id) == [(f"you@{DOMAIN}", 1, REPLY)],
        ARRIVAL_SECONDS,
        f"the policy to keep {message_id} back",
    )


def first_run(strict: Strict, folder: Path, domain: str) -> str:
    """Send while the policy can be had."""
    with Node.start(folder, strict.settings, workers=1) as node:
        world = World(node, strict.zone, None)  # type: ignore[arg-type] - no Postfix here
        strict.zone.forward(SERVICE, node.dns_port)
        world.verify(domain)
        message_id = send(world, domain)
        waits(world, message_id)
        metrics = node.get("/metrics")[2].decode()
    assert_ended_well(node)
    assert 'pillarbox_tls_policies_total{result="fetched"} 1\n' in metrics
    assert 'pillarbox_tls_policies_total{result="failed"} 1\n' in metrics
    return message_id


def second_run(strict: Strict, folder: Path, domain: str, message_id: str, good: object) -> None:
    """Send again; then have the host show its own certificate, and try again."""
    with Node.start(folder, strict.settings, workers=1) as node:
        world = World(node, strict.zone, None)  # type: ignore[arg-type] - no Postfix here
        waits(world, send(world, domain))
        strict.mx.tls = good  # type: ignore[assignment] - an SSLContext
        node.run("queue", "retry", "--message", message_id)
        events = node.events_when(message_id, "Send", "Delivery")
    assert_ended_well(node)
    assert events[-1]["delivery"]["recipients"] == [f"you@{DOMAIN}"]


@pytest.mark.timeout(4 * ARRIVAL_SECONDS)
async def test_an_enforced_policy_holds_over_a_restart_when_it_can_no_longer_be_had(
    tmp_path: Path, domain: str
) -> None:
    host = Certified.issue("policy", ROOT, hosts=[f"mta-sts.{DOMAIN}"])
    good = Certified.issue("mx", ROOT, hosts=[f"mx.{DOMAIN}"]).context(tmp_path)

    async def policy(_request: object) -> bytes:
        return response("200 OK", POLICY, "Content-Type: text/plain\r\n")

    async with strict_domain(tmp_path) as strict:
        async with serving(policy, tls=host.context(tmp_path)) as web:
            strict.settings["PILLARBOX_NETWORK_HTTPS_PORT"] = str(web.port)
            message_id = await asyncio.to_thread(first_run, strict, tmp_path / "node", domain)
        strict.zone.set(f"_mta-sts.{DOMAIN}", "TXT", "nothing here")
        await asyncio.to_thread(second_run, strict, tmp_path / "node", domain, message_id, good)
    assert strict.mx.secured == [True]
    assert len(strict.mx.messages) == 1
