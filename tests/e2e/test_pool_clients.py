"""The life cycle of pools, addresses and tags, driven by the AWS CLI and the JavaScript SDK."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pillarbox.manage.deployment import DEFAULT_ACCOUNT
from tests.peers import aws_cli, javascript
from tests.peers.node import KEY_ID, SECRET, Node
from tests.peers.wait import same_day

ADDRESS = "198.51.100.7"
POOL = "clients"
ARN = f"arn:aws:ses:us-east-1:{DEFAULT_ACCOUNT}:dedicated-ip-pool/{POOL}"
DEFAULT = "ses-default-dedicated-pool"
Steps = list[tuple[str, dict[str, Any]]]
Answers = list[tuple[str | None, dict[str, Any]]]
Drive = Callable[[Node, str, Steps], Answers]


def with_javascript(node: Node, service: str, steps: Steps) -> Answers:
    package = f"@aws-sdk/client-{service}"
    printed = javascript.run(
        "run_steps.mjs",
        package,
        node.url,
        KEY_ID,
        SECRET,
        environment={},
        typed=json.dumps(steps),
    )
    return json.loads(printed)


def with_the_aws_cli(node: Node, service: str, steps: Steps) -> Answers:
    environment = node.environment | {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NO_PROXY": "*",
    }
    done = subprocess.run(
        [sys.executable, str(Path(aws_cli.__file__)), service, node.url],
        input=json.dumps(steps),
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture
def address(capture: Node) -> Iterator[str]:
    """An address of the default account, gone after the test."""
    capture.run("ips", "add", ADDRESS, "--helo", "out.mail.test")
    yield ADDRESS
    capture.run("ips", "remove", ADDRESS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
@pytest.mark.parametrize(
    "drive",
    [with_the_aws_cli, pytest.param(with_javascript, marks=javascript.needs_packages)],
)
def test_a_life_cycle(capture: Node, address: str, drive: Drive, service: str) -> None:
    same_day(100)  # at its end an address gets warmer

    def moved(pool: str) -> tuple[str, dict[str, str]]:
        return ("PutDedicatedIpInPool", {"Ip": address, "DestinationPoolName": pool})

    one = ("GetDedicatedIp", {"Ip": address})
    tags = ("ListTagsForResource", {"ResourceArn": ARN})
    answers = drive(
        capture,
        service,
        [
            ("CreateDedicatedIpPool", {"PoolName": POOL, "Tags": [{"Key": "a", "Value": "1"}]}),
            ("CreateDedicatedIpPool", {"PoolName": POOL}),
            ("TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "b", "Value": "2"}]}),
            ("UntagResource", {"ResourceArn": ARN, "TagKeys": ["a"]}),
            tags,
            moved(POOL),
            ("PutDedicatedIpWarmupAttributes", {"Ip": address, "WarmupPercentage": 40}),
            one,
            ("GetDedicatedIps", {"PoolName": POOL, "PageSize": 1}),
            ("ListDedicatedIpPools", {"PageSize": 10}),
            moved("unknown"),
            ("DeleteDedicatedIpPool", {"PoolName": POOL}),
            one,
            tags,
            ("GetDeliverabilityDashboardOptions", {}),
        ],
    )
    shown = {"Ip": address, "WarmupStatus": "IN_PROGRESS", "WarmupPercentage": 40}
    codes = [code for code, _ in answers]
    assert codes == [
        None,
        "AlreadyExistsException",
        *[None] * 8,
        "NotFoundException",
        None,
        None,
        "NotFoundException",
        None,
    ]
    assert answers[4][1]["Tags"] == [{"Key": "b", "Value": "2"}]
    assert answers[7][1]["DedicatedIp"] == {**shown, "PoolName": POOL}
    assert answers[8][1]["DedicatedIps"] == [{**shown, "PoolName": POOL}]
    assert answers[9][1]["DedicatedIpPools"] == [POOL]
    assert answers[12][1]["DedicatedIp"] == {**shown, "PoolName": DEFAULT}
    assert answers[14][1]["DashboardEnabled"] is False
