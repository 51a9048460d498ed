"""The AWS CLI against a running node: its own parser and shapes, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers.node import KEY_ID, SECRET, Node

AWS = Path(sys.executable).with_name("aws")
SIMPLE = {"Simple": {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "Hello"}}}}
BOTH = pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])


def aws(node: Node, service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one call; the output is JSON."""
    environment = node.environment | {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NO_PROXY": "*",
    }
    command = [sys.executable, str(AWS), "--endpoint-url", node.url, "--output", "json", service]
    return subprocess.run(
        [*command, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    """What a call that succeeded printed."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@BOTH
def test_the_command_line_creates_sends_and_reads(capture: Node, service: str, domain: str) -> None:
    made = answer(aws(capture, service, "create-email-identity", "--email-identity", domain))
    assert (made["IdentityType"], len(made["DkimAttributes"]["Tokens"])) == ("DOMAIN", 3)
    sent = answer(
        aws(
            capture,
            service,
            "send-email",
            "--from-email-address",
            f"me@{domain}",
            "--destination",
            "ToAddresses=you@receiver.example",
            "--content",
            json.dumps(SIMPLE),
        )
    )
    capture.events_when(sent["MessageId"], "Send", "Delivery")
    account = answer(aws(capture, service, "get-account"))
    assert account["ProductionAccessEnabled"] is True
    assert account["SendQuota"]["SentLast24Hours"] >= 1


def test_the_command_line_reads_an_error(capture: Node) -> None:
    done = aws(capture, "sesv2", "get-email-identity", "--email-identity", "none.example")
    assert done.returncode == 255
    assert "(NotFoundException)" in done.stderr
    assert "Email identity none.example does not exist." in done.stderr
