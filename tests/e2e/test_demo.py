"""`pillarbox demo`, once: the whole story on loopback."""

import re
import subprocess
import sys

from tests.peers.node import Node

STEPS = [
    "A DNS server, a receiving mail server and Pillarbox start on free ports",
    "boto3's pinpoint-email creates the identity shop.example",
    "SendEmail with a Simple message: HTML and text, To, Cc and Bcc",
    "SendEmail with a Raw message: a PDF attached",
    "The Simple message has arrived, and is checked from outside",
    "The Raw message has arrived, and is checked from outside",
]


def test_the_demo_tells_each_step_and_ends_well(capture: Node) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pillarbox", "demo"],
        env={k: v for k, v in capture.environment.items() if not k.startswith("PILLARBOX_")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = re.findall(r"^\d+\. (.+)$", done.stdout, re.MULTILINE)
    assert told[:6] == STEPS
    assert all(one.startswith("The events of 0100") for one in told[6:])
    assert "ok Send, Delivery, Delivery, Delivery" in done.stdout
    assert re.search(r"the API listened at http://127\.0\.0\.1:\d+", done.stdout)
    assert "\x1b" not in done.stdout, "colours are for terminals"
