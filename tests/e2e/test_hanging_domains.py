"""A hundred domains whose hosts accept connections and never speak keep nobody else's mail."""

from pathlib import Path

from tests.peers.dns_zone import DnsZone
from tests.peers.hanging import HangingHosts
from tests.peers.pillarbox import Pillarbox, Settings
from tests.peers.senders import send_all
from tests.peers.smtp_sink import Recorder
from tests.peers.wait import ARRIVAL_SECONDS, until

DOMAINS = 100
ROOM = 1024
EACH = 11  # together more than a worker has room for
SENDER = "orders@shop.test"
SOON_S = 45  # a host that says nothing is waited for a minute


async def test_mail_to_a_healthy_domain_passes_a_hundred_that_hang(tmp_path: Path) -> None:
    with (
        DnsZone() as zone,
        Recorder(tmp_path) as recorder,
        HangingHosts(recorder.port, DOMAINS) as hosts,
    ):
        zone.set("customer.test", "A", "127.0.0.1", ttl=3600)
        for number, address in enumerate(hosts.addresses):
            zone.set(f"slow{number}.test", "A", address, ttl=3600)
        settings: Settings = {"deliver": {"max_in_flight": ROOM}}
        with Pillarbox(tmp_path, zone, recorder.port, workers=1, settings=settings) as node:
            node.add_verified_domain("shop.test")
            node.lift_limits()
            slow = [
                node.send_request(SENDER, f"r{n}@slow{n % DOMAINS}.test", "slow")
                for n in range(DOMAINS * EACH)
            ]
            assert set(await send_all(node.port, slow)) == {200}
            until(
                lambda: hosts.connections >= DOMAINS,
                ARRIVAL_SECONDS,
                "each hanging host to be tried",
            )
            for number in range(3):
                swift = node.send_request(SENDER, f"swift{number}@customer.test", "swift")
                assert await send_all(node.port, [swift], 1) == [200]
                until(lambda n=number: recorder.lines() == n + 1, SOON_S, "mail that nothing holds")  # type: ignore[misc]
            node.kill()  # it would wait for what hangs
