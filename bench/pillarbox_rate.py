"""Our end-to-end rate: signed HTTP SendEmail to received at smtp-sink, DKIM-signed, durable."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.dns_zone import DnsZone
from tests.peers.pillarbox import Pillarbox, Settings
from tests.peers.programs import kill
from tests.peers.smtp_sink import SmtpSink
from tests.peers.wait import until

DOMAIN = "bench.test"
SESSIONS = 16
ARRIVE_SECONDS = 120


@contextmanager
def running(
    store_url: str | None = None, settings: Settings | None = None
) -> Iterator[tuple[Pillarbox, SmtpSink]]:
    """A node on this machine's cores, with a verified domain, whose mail goes to a sink."""
    with (
        tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as name,
        DnsZone() as zone,
        SmtpSink(Path(name)) as sink,
    ):
        zone.set("customer.test", "MX", "10 mx.customer.test", ttl=3600)
        zone.set("mx.customer.test", "A", "127.0.0.1", ttl=3600)
        node = Pillarbox(
            Path(name), zone, sink.port, workers=cores(), store_url=store_url, settings=settings
        )
        with node:
            node.add_verified_domain(DOMAIN)
            node.lift_limits()
            yield node, sink


def cores() -> int:
    """How many workers a node has: one a core."""
    return len(os.sched_getaffinity(0))


def rate(node: Pillarbox, sink: SmtpSink, size: int, count: int) -> float:
    """Messages a second over the API."""
    return rate_of("bench.generator", node.port, "200", sink, size, count)


def rate_of(program: str, port: int, accepted: str, sink: SmtpSink, size: int, count: int) -> float:
    """Messages a second that a load generator hands in at a port, from the first byte sent until
    the last message was received. `accepted`: how each has to be answered.
    """
    arguments = (str(number) for number in (port, size, count, SESSIONS))
    generator = subprocess.Popen(
        [sys.executable, "-m", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert generator.stdin is not None
    assert generator.stdout is not None
    try:
        assert generator.stdout.readline() == b"ready\n"
        before = sink.received()
        began = time.perf_counter()
        generator.stdin.write(b"\n")
        generator.stdin.flush()
        statuses = json.loads(generator.stdout.readline())
        if statuses != {accepted: count}:
            raise RuntimeError(f"not every message was accepted: {statuses}")
        until(lambda: sink.received() - before >= count, ARRIVE_SECONDS, f"{count} messages")
        return count / (time.perf_counter() - began)
    finally:
        kill(generator)
