"""The AWS CLI against a running node: its own parser and shapes."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.peers.node import KEY_ID, SECRET, Node
from tests.peers.wait import ARRIVAL_SECONDS

AWS, PEER = Path(sys.executable).with_name("aws"), Path(__file__).parents[1] / "peers/aws_cli.py"
SIMPLE = {"Simple": {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "Hello"}}}}
BOTH = pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])


def _run(node: Node, command: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = node.environment | {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NO_PROXY": "*",
    }
    return subprocess.run(
        [sys.executable, *command],
        input=stdin,
        env=environment,
        capture_output=True,
        text=True,
        timeout=ARRIVAL_SECONDS,
        check=False,
    )


def aws(node: Node, service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one call in a process of its own; the output is JSON."""
    command = [str(AWS), "--endpoint-url", node.url, "--output", "json", service]
    return _run(node, [*command, *arguments])


def typed(node: Node, service: str, *calls: Sequence[str]) -> list[tuple[str | None, Any]]:
    """Run calls one after the other in one process, the options as typed: each error and answer."""
    asked = json.dumps([[operation, options] for operation, *options in calls])
    printed = answer(_run(node, [str(PEER), service, node.url], asked))
    return [(code, told) for code, told in printed]


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


@BOTH
def test_the_command_line_manages_a_set(capture: Node, service: str, domain: str) -> None:
    name = ("--configuration-set-name", f"cli-{service}-{domain.replace('.', '-')}")
    destination = (*name, "--event-destination-name", "topic")
    definition = {
        "Enabled": True,
        "MatchingEventTypes": ["SEND", "BOUNCE"],
        "SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:events"},
    }
    created, _, listed, *put, shown, _, deleted = typed(
        capture,
        service,
        ("CreateConfigurationSet", *name),
        (
            "CreateConfigurationSetEventDestination",
            *(*destination, "--event-destination", json.dumps(definition)),
        ),
        ("GetConfigurationSetEventDestinations", *name),
        ("PutConfigurationSetDeliveryOptions", *name, "--tls-policy", "REQUIRE"),
        ("PutConfigurationSetSendingOptions", *name, "--no-sending-enabled"),
        ("PutConfigurationSetReputationOptions", *name, "--reputation-metrics-enabled"),
        ("PutConfigurationSetTrackingOptions", *name),
        ("GetConfigurationSet", *name),
        ("DeleteConfigurationSetEventDestination", *destination),
        ("DeleteConfigurationSet", *name),
    )
    assert [created, *put, deleted] == [(None, {})] * 6
    assert listed == (None, {"EventDestinations": [{"Name": "topic", **definition}]})
    assert shown[1]["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    assert shown[1]["SendingOptions"] == {"SendingEnabled": False}
    assert shown[1]["ReputationOptions"] == {"ReputationMetricsEnabled": True}


def test_the_command_line_manages_the_suppression_list(capture: Node, domain: str) -> None:
    address = ("--email-address", f"a/b@{domain}")
    window = ("--start-date", "2026-01-01", "--reasons", "COMPLAINT", "BOUNCE")
    put, found, listed, deleted, gone = typed(
        capture,
        "sesv2",
        ("PutSuppressedDestination", *address, "--reason", "COMPLAINT"),
        ("GetSuppressedDestination", *address),
        ("ListSuppressedDestinations", *window),
        ("DeleteSuppressedDestination", *address),
        ("GetSuppressedDestination", *address),
    )
    assert (put, deleted, gone[0]) == ((None, {}), (None, {}), "NotFoundException")
    one = found[1]["SuppressedDestination"]
    assert (one["EmailAddress"], one["Reason"]) == (address[1], "COMPLAINT")
    addresses = [one["EmailAddress"] for one in listed[1]["SuppressedDestinationSummaries"]]
    assert address[1] in addresses
