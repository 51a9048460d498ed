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


@BOTH
def test_the_command_line_manages_a_set(capture: Node, service: str, domain: str) -> None:
    name = ("--configuration-set-name", f"cli-{service}-{domain.replace('.', '-')}")
    destination = ("--event-destination-name", "topic")
    definition = {
        "Enabled": True,
        "MatchingEventTypes": ["SEND", "BOUNCE"],
        "SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:events"},
    }

    def run(command: str, *arguments: str) -> str:
        done = aws(capture, service, command, *name, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("create-configuration-set")
    given = ("--event-destination", json.dumps(definition))
    run("create-configuration-set-event-destination", *destination, *given)
    listed = json.loads(run("get-configuration-set-event-destinations"))
    assert listed == {"EventDestinations": [{"Name": "topic", **definition}]}
    run("put-configuration-set-delivery-options", "--tls-policy", "REQUIRE")
    run("put-configuration-set-sending-options", "--no-sending-enabled")
    run("put-configuration-set-reputation-options", "--reputation-metrics-enabled")
    run("put-configuration-set-tracking-options")
    shown = json.loads(run("get-configuration-set"))
    assert shown["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    assert shown["SendingOptions"] == {"SendingEnabled": False}
    assert shown["ReputationOptions"] == {"ReputationMetricsEnabled": True}
    run("delete-configuration-set-event-destination", *destination)
    run("delete-configuration-set")


def test_the_command_line_manages_the_suppression_list(capture: Node, domain: str) -> None:
    address = ("--email-address", f"a/b@{domain}")

    def run(command: str, *arguments: str) -> str:
        done = aws(capture, "sesv2", command, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("put-suppressed-destination", *address, "--reason", "COMPLAINT")
    found = json.loads(run("get-suppressed-destination", *address))["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == (address[1], "COMPLAINT")
    window = ("--start-date", "2026-01-01", "--reasons", "COMPLAINT", "BOUNCE")
    listed = json.loads(run("list-suppressed-destinations", *window))
    addresses = [one["EmailAddress"] for one in listed["SuppressedDestinationSummaries"]]
    assert address[1] in addresses
    run("delete-suppressed-destination", *address)
    assert aws(capture, "sesv2", "get-suppressed-destination", *address).returncode != 0
