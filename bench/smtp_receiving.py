"""Receiving messages over SMTP and nothing more, beside aiosmtpd: one process each, one core."""

import subprocess
import sys
import time

from bench import postfix_rate
from bench.measure import Figure, median_of, table
from tests.peers.programs import kill, spawn
from tests.peers.wait import answers, free_port, until

WORK = {10_240: 3_000, 51_200: 1_500}
SESSIONS = 8
START_SECONDS = 20


def run() -> str:
    """Measure, and tell as a table; smtp-source sends on kept connections."""
    if postfix_rate.SMTP_SOURCE is None:
        return "\nreceiving over SMTP: skipped (no smtp-source; make system)"
    parts = []
    for size in WORK:
        ours, peer = (_figure(name, size) for name in ("pillarbox", "aiosmtpd"))
        title = f"receiving over SMTP, {size // 1024} KB (ratio: to the peer)"
        parts.append(table(title, [ours, peer], peer))
    return "\n".join(parts)


def _figure(name: str, size: int) -> Figure:
    port = free_port()
    server = spawn([sys.executable, "-m", "bench.smtp_receiver", name, str(port)])
    try:
        until(lambda: answers(port), START_SECONDS, f"{name} to listen")
        return median_of(name, lambda: _rate(port, size, WORK[size]))
    finally:
        kill(server)


def _rate(port: int, size: int, count: int) -> float:
    """Messages a second, from the first byte sent to the last answer."""
    load = ["-d", "-s", str(SESSIONS), "-m", str(count), "-l", str(size)]
    began = time.perf_counter()
    envelope = ["-f", "a@bench.test", "-t", "b@bench.test"]
    subprocess.run(
        [str(postfix_rate.SMTP_SOURCE), *load, *envelope, f"127.0.0.1:{port}"],
        check=True,
        timeout=120,
    )
    return count / (time.perf_counter() - began)
