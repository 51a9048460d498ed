"""What a load balancer and Prometheus ask a node of two workers."""

import re
from collections.abc import Iterator

import pytest

from tests.e2e.letters import simple
from tests.peers.node import Node
from tests.peers.wait import ARRIVAL_SECONDS, until

ACCEPTED = "pillarbox_messages_accepted_total"
DELIVERED = 'pillarbox_recipients_settled_total{outcome="delivered"}'


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node that does nothing but what these tests ask for: they count, and kill a worker."""
    with Node.start(tmp_path_factory.mktemp("alone")) as node:
        yield node


def metrics(node: Node) -> dict[str, float]:
    """Each series with its value."""
    status, headers, body = node.get("/metrics")
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/plain")
    lines = re.findall(r"^(pillarbox\S+) (\S+)$", body.decode(), re.MULTILINE)
    return {name: float(value) for name, value in lines}


def send(node: Node, domain: str, count: int) -> None:
    """Send and deliver so many, each over a connection of its own so that both workers get some."""
    node.client("sesv2").create_email_identity(EmailIdentity=domain)
    letter = simple(f"me@{domain}")
    ids = [node.client("sesv2").send_email(**letter)["MessageId"] for _ in range(count)]
    for one in ids:
        node.events_when(one, "Send", "Delivery")


def test_a_running_node_is_healthy_and_ready(alone: Node) -> None:
    assert [(s, b) for s, _, b in (alone.get("/healthz"), alone.get("/readyz"))] == [
        (200, b"ok\n"),
        (200, b"ready\n"),
    ]


def test_any_worker_tells_the_numbers_of_both(alone: Node, domain: str) -> None:
    before = metrics(alone)
    send(alone, domain, 12)
    until(
        lambda: metrics(alone)[DELIVERED] == before[DELIVERED] + 12,
        ARRIVAL_SECONDS,
        "twelve deliveries in the metrics",
    )
    for _ in range(10):  # whichever worker answers
        assert metrics(alone)[ACCEPTED] == before[ACCEPTED] + 12


def test_the_numbers_survive_a_killed_worker(alone: Node, domain: str) -> None:
    send(alone, domain, 6)
    before, living = metrics(alone), alone.workers
    victim = living[0]
    victim.kill()
    until(
        lambda: len(now := alone.workers) == 2 and victim not in now,
        ARRIVAL_SECONDS,
        "the killed worker's successor",
    )
    until(lambda: alone.get("/readyz")[0] == 200, ARRIVAL_SECONDS, "the node to be ready")
    send(alone, f"after-{domain}", 6)
    assert metrics(alone)[ACCEPTED] == before[ACCEPTED] + 6
