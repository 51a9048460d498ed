"""How long one message waits behind a queue that goes nowhere, and what a long queue costs a claim.

First a node with real hosts that accept connections and never speak: one message to a healthy
domain, from the API call to its arrival, with an empty queue and with 100,000 messages queued for
one and for a hundred hanging domains, and for a hundred whose hosts refuse connections: those
are deferred again and again without being tried. Then claiming alone, over queues of 10,000 and
1,000,000.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from pillarbox.base.clock import now_ms
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from tests.faults.test_memory import SENDER, SENT, copy_the_queue
from tests.peers.dns_zone import DnsZone
from tests.peers.hanging import HangingHosts
from tests.peers.pillarbox import Pillarbox
from tests.peers.senders import send_all
from tests.peers.smtp_sink import Recorder
from tests.peers.wait import until

PROBES = 10
LANES = 1000
TURNS = 60


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
    lines += ["", "claiming 64 recipients of a thousand lanes (milliseconds a turn)"]
    short, long = _claims(10_000), _claims(1_000_000)
    lines.append(_line("10,000 queued", short, statistics.median(short)))
    lines.append(_line("1,000,000 queued", long, statistics.median(short)))
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


def _claims(queued: int) -> list[float]:
    """Seconds of each turn of claiming on SQLite, with the settling left out."""
    with tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as name:
        store = Store(f"sqlite:///{Path(name) / 'pillarbox.sqlite'}")
        upgrade(store)
        now = now_ms()
        with store.transaction() as conn:
            conn.exec_driver_sql(
                "WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n"
                f" WHERE value < {queued - 1})"
                " INSERT INTO recipients (message_id, position, account_id, address, lane, size,"
                " state, due_at, attempts)"
                " SELECT randomblob(16), 0, 'a', 'u@x.org',"
                f" 'lane' || (value % {LANES}), 1000, 0,"
                f" {now} + (value / {LANES} % 2) * 3600000 - value % 1000, 0 FROM n"
            )
            conn.exec_driver_sql(
                f"INSERT INTO lanes (lane, due_at) SELECT DISTINCT lane, {now - 1000}"
                " FROM recipients"
            )
        took, last = [], ""
        for _ in range(TURNS):
            begun = time.perf_counter()
            with store.transaction() as conn:
                (claimed,) = claim_batch(conn, [_request(now + 1000, last)])
            took.append(time.perf_counter() - begun)
            last = claimed.last_lane
            assert len(claimed.claims) == 64
        store.close()
        return took


def _request(now: int, after: str) -> ClaimRequest:
    return ClaimRequest(
        owner="bench/0",
        now=now,
        lease_ms=600_000,
        rows=64,
        bytes=1 << 30,
        after_lane=after,
        in_flight={},
        lane_cap=4,
    )
