"""A running node knows whom it wrote to: events of a Pinpoint destination, counted and exported."""

import json

from tests.peers.node import CAPTURE, Node
from tests.peers.wait import ARRIVAL_SECONDS, until

APP = "0123456789abcdef0123456789abcdef"
ARN = f"arn:aws:mobiletargeting:us-east-1:123456789012:apps/{APP}"


def test_recipients_of_sent_mail_are_counted_and_exported(tmp_path):
    with Node.start(tmp_path, CAPTURE, workers=1) as node:
        client = node.client("sesv2")
        client.create_email_identity(EmailIdentity="example.com")
        client.create_configuration_set(ConfigurationSetName="news")
        client.create_configuration_set_event_destination(
            ConfigurationSetName="news",
            EventDestinationName="people",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": ["SEND", "DELIVERY"],
                "PinpointDestination": {"ApplicationArn": ARN},
            },
        )
        for recipients in (["ann@example.org", "bob@example.org"], ["ann@example.org"]):
            client.send_email(
                FromEmailAddress="a@example.com",
                Destination={"ToAddresses": recipients},
                Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
                ConfigurationSetName="news",
                EmailTags=[{"Name": "plan", "Value": "gold"}],
            )

        def counted():
            found = node.run(
                "segments", "show", "--rule", "delivered", "--application", APP, "--json"
            )
            return [
                (one["address"], one["sent"]["count"], one["delivered"]["count"], one["attributes"])
                for one in found["recipients"]
            ]

        wanted = [
            ("ann@example.org", 2, 2, {"plan": "gold"}),
            ("bob@example.org", 1, 1, {"plan": "gold"}),
        ]
        series = 'pillarbox_account_events_total{account_id="123456789012",type="Delivery"} 3'
        until(
            lambda: series in node.get("/metrics")[2].decode(),
            ARRIVAL_SECONDS,
            "the account's metric",
        )
        until(lambda: counted() == wanted, ARRIVAL_SECONDS, "three deliveries")
        node.run("segments", "create", "idle", "never opened after 2 sends")
        file = tmp_path / "idle.jsonl"
        node.run("segments", "export", "idle", "--format", "jsonl", "--output", str(file))
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["address"] == "ann@example.org"
