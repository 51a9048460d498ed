"""boto3 of today and of early 2024, the AWS CLI and the JavaScript SDK each live a whole life."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.life_cycle import Step, check, life_cycle
from tests.peers import javascript
from tests.peers.node import KEY_ID, SECRET, Node
from tests.peers.wait import ARRIVAL_SECONDS

PEERS = Path(__file__).parents[1] / "peers"
ADDRESS = "127.0.0.77"
Answers = list[tuple[str | None, dict[str, Any]]]
Run = Callable[[Node, str, list[Step]], Answers]


@pytest.fixture(scope="module")
def node(capture: Node) -> Node:
    """The capture node, with a dedicated address: from now on, whoever asks for it again."""
    if ADDRESS not in capture.run("ips", "list"):
        capture.run("ips", "add", ADDRESS, "--helo", "mta1.pillarbox.test")
    return capture


def boto3(version: str) -> Run:
    """Give what runs the steps with the boto3 of one environment, "old" or "new"."""
    python = Path(sys.prefix) / f"{version}-boto3" / "bin" / "python"

    def run(node: Node, service: str, steps: list[Step]) -> Answers:
        return _run([str(python), str(PEERS / "own_boto3.py"), service, node.url], node, steps)

    return run


def aws_cli(node: Node, service: str, steps: list[Step]) -> Answers:
    """Run the steps with the AWS CLI."""
    return _run([sys.executable, str(PEERS / "aws_cli.py"), service, node.url], node, steps)


def _run(command: list[str], node: Node, steps: list[Step]) -> Answers:
    """Run a program that takes the steps on its stdin and prints the answers."""
    environment = node.environment | {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_MAX_ATTEMPTS": "1",
        "NO_PROXY": "*",
    }
    done = subprocess.run(
        command,
        input=json.dumps([[step.operation, step.arguments] for step in steps]),
        env=environment,
        capture_output=True,
        text=True,
        timeout=2 * ARRIVAL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(one) for one in json.loads(done.stdout)]


def javascript_sdk(node: Node, service: str, steps: list[Step]) -> Answers:
    """Run the steps with the AWS SDK for JavaScript v3."""
    printed = javascript.run(
        "run_steps.mjs",
        f"@aws-sdk/client-{service}",
        node.url,
        KEY_ID,
        SECRET,
        environment={},
        typed=json.dumps([[step.operation, step.arguments] for step in steps]),
    )
    return [tuple(one) for one in json.loads(printed)]


CLIENTS = [
    pytest.param(boto3("new"), id="boto3"),
    pytest.param(boto3("old"), id="boto3-of-2024"),
    pytest.param(aws_cli, id="aws-cli"),
    pytest.param(javascript_sdk, id="javascript", marks=javascript.needs_packages),
]


@pytest.mark.parametrize("run", CLIENTS)
@pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
def test_a_client_lives_a_whole_life(node: Node, service: str, run: Run, domain: str) -> None:
    steps = life_cycle(service, domain, ADDRESS)
    answers = run(node, service, steps)
    for step, (error, answer) in zip(steps, answers, strict=True):
        check(step, error, answer)
