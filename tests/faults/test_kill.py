"""kill -9 of the whole process group, five times, while mail comes in: nothing accepted is lost."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from bench.letters import html
from tests.peers.dns_zone import DnsZone
from tests.peers.pillarbox import Pillarbox
from tests.peers.senders import send_all
from tests.peers.smtp_sink import Delivery, Recorder
from tests.peers.wait import monotonic, until

MESSAGES = 2_000
KILLS = 5
KILL_AFTER = MESSAGES // (KILLS + 1)
SESSIONS = 8
ARRIVE_SECONDS = 120
"""Far less than a lease (10 minutes): what a dead worker held goes out at once after the start."""
UNSETTLED_SECONDS = 20.0
"""A delivery whose settling a kill can have cut off was acknowledged so shortly before it; much
less, but for a machine that stops for a moment."""
#: All waits together, on a machine that does much else.
pytestmark = pytest.mark.timeout(600)


@dataclass(slots=True)
class Run:
    """What the callers heard, and when the node was killed: from when on, and until all that it
    had sent was recorded."""

    node: Pillarbox
    recorder: Recorder
    answered: int = 0
    accepted: set[str] = field(default_factory=set)
    kills: list[tuple[float, float]] = field(default_factory=list)
    killing: list["asyncio.Task[None]"] = field(default_factory=list)

    def heard(self, number: int, status: int | None) -> None:
        """Count an answer; at every KILL_AFTER-th, kill the node and start it again."""
        self.answered += 1
        if status == 200:
            self.accepted.add(recipient(number))
        if self.answered % KILL_AFTER == 0 and len(self.killing) < KILLS:
            self.killing.append(asyncio.get_running_loop().create_task(self.kill_and_start()))

    async def kill_and_start(self) -> None:
        """In a thread, so that callers go on meanwhile and find nobody listening.

        What the node had sent when it was killed is recorded before it starts again.
        """
        begun = monotonic()
        self.node.kill()
        await asyncio.to_thread(until, self.recorder.is_idle, ARRIVE_SECONDS, "all to be recorded")
        self.kills.append((begun, monotonic()))
        await asyncio.to_thread(self.node.start)


def recipient(number: int) -> str:
    """One for each message, so that an arrival says which message it is."""
    return f"r{number}@customer.test"


async def test_what_was_accepted_before_a_kill_arrives_after_it(
    tmp_path: Path,
    zone: DnsZone,
    durable_store_url: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Recorder(tmp_path) as recorder:
        node = Pillarbox(tmp_path, zone, recorder.port, store_url=durable_store_url)
        with node:
            run = await send_while_killing(node, recorder)
            until(
                lambda: run.accepted <= {d.recipient for d in recorder.deliveries()},
                ARRIVE_SECONDS,
                "every accepted message to arrive",
            )
        arrivals = recorder.deliveries()
    copies = duplicates(arrivals)
    tell(capsys, run, copies)
    assert len(run.kills) == KILLS
    assert len(run.accepted) > MESSAGES // 2
    assert [c for c in copies if not in_flight_at_a_kill(c, run.kills)] == []
    assert all(len({d.message_id for d in c}) == 1 for c in copies)


async def send_while_killing(node: Pillarbox, recorder: Recorder) -> Run:
    """Send all messages; return when all are answered or lost, and the node is up again."""
    node.add_verified_domain("shop.test")
    node.lift_limits()
    letter = html(4_096)
    letters = [node.send_request("orders@shop.test", recipient(n), letter) for n in range(MESSAGES)]
    run = Run(node, recorder)
    await send_all(node.port, letters, SESSIONS, run.heard)
    await asyncio.gather(*run.killing)
    return run


def duplicates(arrivals: list[Delivery]) -> list[list[Delivery]]:
    """The arrivals of each message that came more than once."""
    by_recipient: dict[str, list[Delivery]] = defaultdict(list)
    for arrival in arrivals:
        by_recipient[arrival.recipient].append(arrival)
    return [copies for copies in by_recipient.values() if len(copies) > 1]


def in_flight_at_a_kill(copies: list[Delivery], kills: list[tuple[float, float]]) -> bool:
    """Whether a kill came between each copy and the next, and so shortly after the first of them
    that the node can't have noted it."""
    return all(
        any(
            copy.at <= ended and begun - copy.at <= UNSETTLED_SECONDS and begun <= again.at
            for begun, ended in kills
        )
        for copy, again in pairwise(copies)
    )


def tell(capsys: pytest.CaptureFixture[str], run: Run, copies: list[list[Delivery]]) -> None:
    """Print the counts: duplicates are allowed, but never unseen."""
    gaps = [min(begun - c[0].at for begun, ended in run.kills if ended >= c[0].at) for c in copies]
    with capsys.disabled():
        print(
            f"\n{MESSAGES} sent, {len(run.kills)} kills: {len(run.accepted)} accepted, all"
            f" arrived; {sum(len(c) - 1 for c in copies)} duplicates of messages in flight at a"
            f" kill, acknowledged at most {max(gaps, default=0) * 1000:.0f} ms before it"
        )
