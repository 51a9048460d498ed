"""1,000 idle SMTP sessions cost a node less than 50 MB, and slow nobody."""

import contextlib
import smtplib
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.raw_smtp import RawSmtp
from tests.e2e.submission import letter, session, trusting, verified
from tests.peers.node import Node

SESSIONS = 1000
MEGABYTE = 1_000_000
MESSAGES = 30
#: All its waits together, on a machine that does much else.
pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("tls", [False, True], ids=["before STARTTLS", "under TLS"])
def test_a_thousand_idle_sessions_cost_little_and_slow_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tls: bool
) -> None:
    with Node.start(tmp_path, workers=1) as node, contextlib.ExitStack() as idle:
        sender = verified(node, "shop.example")
        (worker,) = node.workers
        with session(node) as client:
            alone = seconds_of_a_message(client, sender)
            before = own_memory(worker)
            port = node.smtps_port if tls else node.smtp_port
            context = trusting(node) if tls else None
            for _ in range(SESSIONS):
                one = idle.enter_context(RawSmtp(port, context))
                assert one.reply().startswith("220 ")
                assert one.ask("EHLO idle").startswith("250-")
            cost = own_memory(worker) - before
            crowded = seconds_of_a_message(client, sender)
        with capsys.disabled():
            ways = "under TLS" if tls else "before STARTTLS"
            print(
                f"\n1,000 idle sessions {ways}: {cost / MEGABYTE:.1f} MB; a message takes"
                f" {alone * 1000:.1f} ms alone, {crowded * 1000:.1f} ms beside them"
            )
        assert cost < 50 * MEGABYTE
        assert crowded < alone * 3 + 0.05


def own_memory(process: psutil.Process) -> int:
    """What would be free again if this process ended."""
    return int(process.memory_full_info().uss)


def seconds_of_a_message(client: smtplib.SMTP, sender: str) -> float:
    """The time from MAIL to the answer after the dot, of the quickest: sessions that slow messages
    slow each of them, and what else the machine does slows some.
    """
    times = []
    for _ in range(MESSAGES):
        began = time.perf_counter()
        client.sendmail(sender, "you@receiver.example", letter(sender))
        times.append(time.perf_counter() - began)
    return min(times)
