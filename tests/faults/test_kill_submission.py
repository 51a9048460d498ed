"""kill -9 while mail is handed in over SMTP: what was answered 250 is delivered after a restart."""

import json
import smtplib
import threading
from pathlib import Path

import pytest

from tests.e2e.submission import letter, session, verified
from tests.peers.node import Node
from tests.peers.programs import kill
from tests.peers.wait import ARRIVAL_SECONDS, until

#: All its waits together, on a machine that does much else.
pytestmark = pytest.mark.timeout(600)
CLIENTS = 6
BEFORE_THE_KILL = 100


def test_what_was_answered_250_outlives_kill_9(tmp_path: Path) -> None:
    taken: list[str] = []
    with Node.start(tmp_path) as node:
        sender = verified(node, "shop.example")
        clients = [
            threading.Thread(target=hand_in_until_it_breaks, args=(node, sender, taken))
            for _ in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        until(lambda: len(taken) >= BEFORE_THE_KILL, ARRIVAL_SECONDS, "messages to be taken")
        kill(node.process)
        for client in clients:
            client.join()
    with Node.start(tmp_path) as node:
        until(lambda: set(taken) <= captured(node), ARRIVAL_SECONDS, "every message taken")


def hand_in_until_it_breaks(node: Node, sender: str, taken: list[str]) -> None:
    """Hand in one message after another; note the ids that were answered."""
    try:
        with session(node) as client:
            while True:
                client.mail(sender)
                client.rcpt("you@receiver.example")
                code, text = client.data(letter(sender))
                assert code == 250
                taken.append(text.decode().split()[1])
    except (smtplib.SMTPException, OSError):
        return


def captured(node: Node) -> set[str]:
    """The ids of all captured messages."""
    status, _, body = node.get("/_pillarbox/captured?limit=1000")
    assert status == 200, body
    return {one["message_id"] for one in json.loads(body)}
