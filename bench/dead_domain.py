"""How long one message waits behind a queue that goes nowhere.

A node with real hosts that accept connections and never speak: one message to a healthy
domain, from the API call to its arrival, with an empty queue and with 100,000 messages queued for
one and for a hundred hanging domains, and for a hundred whose hosts refuse connections: those
are deferred again and again without being tried.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from tests.faults.test_memory import SENDER, SENT, copy_the_queue
from tests.peers.dns_zone import DnsZone
from tests.peers.hanging import HangingHosts
from tests.peers.pillarbox import Pillarbox
from tests.peers.senders import send_all
from tests.peers.smtp_sink import Recorder
from tests.peers.wait import until

PROBES = 10


def run() -> str:
    """Measure, and tell as a table."""
    lines = ["", "one message to a healthy domain, from call to arrival (milliseconds)"]
    lines.append(f"  {'':44}{'median':>8}{'worst':>8}{'ratio':>8}")
    empty = 0.0
    for domains, kind in ((1, "hanging"), (100, "hanging"), (100, "refusing")):
        before, behind = asyncio.run(_waits(domains, refusing=kind == "refusing"))
        empty = empty or statistics.median(before)
        if domains == 1:
            lines.append(_line("empty queue", before, empty))
        name = f"100,000 queued for {domains} {kind} domain{'s' if domains > 1 else ''}"
        lines.append(_line(name, behind, statistics.median(before)))
    return "\n".join(lines)


def _line(name: str, seconds: list[float], against: float) -> str:
    median, worst = statistics.median(seconds), max(seconds)
    return f"  {name:44}{median * 1000:>8.1f}{worst * 1000:>8.1f}{median / against:>8.2f}"


async def _waits(domains: int, *, refusing: bool) -> tuple[list[float], list[float]]:
    """Seconds of each probe with an empty queue, and behind the dead domains."""
    with (
        tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as name,
        DnsZone() as zone,
        Recorder(Path(name)) as recorder,
        HangingHosts(recorder.port, domains) as hosts,
    ):
        zone.set("customer.test", "A", "127.0.0.1", ttl=3600)
        for number, address in enumerate(hosts.addresses):
            dead = f"127.0.3.{number + 1}" if refusing else address
            zone.set(f"slow{number}.test", "A", dead, ttl=3600)
        node = Pillarbox(Path(name), zone, recorder.port)
        with node:
            node.add_verified_domain("shop.test")
            node.lift_limits()
            before = [await _probe(node, recorder) for _ in range(PROBES)]
            letters = [
                node.send_request(SENDER, f"r{n}@slow{n % domains}.test", "slow")
                for n in range(SENT)
            ]
            assert set(await send_all(node.port, letters)) == {200}
        copy_the_queue(node.data / "pillarbox.sqlite")
        tried = hosts.connections
        with node:
            if not refusing:
                until(lambda: hosts.connections >= tried + domains, 60, "each host to be tried")
            behind = [await _probe(node, recorder) for _ in range(PROBES * (1 + 9 * refusing))]
        return before, behind


async def _probe(node: Pillarbox, recorder: Recorder) -> float:
    there = recorder.lines()
    letter = node.send_request(SENDER, "swift@customer.test", "swift")
    begun = time.perf_counter()
    assert await send_all(node.port, [letter], 1) == [200]
    until(lambda: recorder.lines() == there + 1, 60, "the message to arrive")
    return time.perf_counter() - begun
