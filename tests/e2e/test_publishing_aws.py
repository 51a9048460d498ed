"""A running node publishes to AWS: a message's events reach a queue, a bucket, a bus, a metric."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.peers.moto_aws import ACCOUNT, REGION
from tests.peers.node import CAPTURE, Node
from tests.peers.wait import ARRIVAL_SECONDS, until

ROLE = f"arn:aws:iam::{ACCOUNT}:role/ses"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
SOURCE = "node.test"
pytestmark = pytest.mark.timeout(4 * ARRIVAL_SECONDS)


@pytest.fixture(scope="module")
def node(aws, tmp_path_factory):
    """A node that publishes to moto's server."""
    settings = CAPTURE | aws.settings("SNS", "FIREHOSE", "CLOUDWATCH", "EVENTS")
    settings["PILLARBOX_AWS_EVENTS_SOURCE"] = SOURCE
    with Node.start(tmp_path_factory.mktemp("aws"), settings, workers=1) as started:
        started.client("sesv2").create_email_identity(EmailIdentity="example.com")
        yield started
    log = started.log.read_text()
    assert "Traceback" not in log
    assert settings["PILLARBOX_AWS_SNS_SECRET_ACCESS_KEY"] not in log


def make_set(node, name, **destinations):
    client = node.client("sesv2")
    client.create_configuration_set(ConfigurationSetName=name)
    for kind, destination in destinations.items():
        client.create_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName=kind,
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": ["SEND", "DELIVERY"],
                kind: destination,
            },
        )


def send(node, set_name):
    return node.client("sesv2").send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.org"]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
        ConfigurationSetName=set_name,
        EmailTags=[{"Name": "campaign", "Value": set_name}],
    )["MessageId"]


def test_the_events_of_a_message_reach_every_kind_of_destination(node, aws):
    topic, queue = aws.topic_with_queue()
    stream, bucket = aws.stream()
    behind_bus = aws.bus_with_queue(SOURCE)
    campaign = {
        "DimensionName": "campaign",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    make_set(
        node,
        "everywhere",
        SnsDestination={"TopicArn": topic},
        KinesisFirehoseDestination={"IamRoleArn": ROLE, "DeliveryStreamArn": stream},
        CloudWatchDestination={"DimensionConfigurations": [campaign]},
        EventBridgeDestination={"EventBusArn": BUS},
    )
    message = send(node, "everywhere")
    wanted = {one["eventType"]: one for one in node.events_when(message, "Send", "Delivery")}
    from_topic, from_bus = [], []

    def all_there():
        from_topic.extend(json.loads(one["Message"]) for one in aws.take(queue) if "Subject" in one)
        from_bus.extend(one["detail"] for one in aws.take(behind_bus))
        there = (from_topic, from_bus, aws.lines(bucket))
        return all({one["eventType"] for one in taken} == set(wanted) for taken in there)

    until(all_there, ARRIVAL_SECONDS, "two events at each destination")
    for taken in (from_topic, from_bus, aws.lines(bucket)):
        assert {one["eventType"]: one for one in taken} == wanted

    def counted(name):
        now = datetime.now(UTC)
        return aws.client("cloudwatch").get_metric_statistics(
            Namespace="Pillarbox/SES",
            MetricName=name,
            Dimensions=[{"Name": "campaign", "Value": "everywhere"}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]

    until(
        lambda: sum(len(counted(name)) for name in ("Send", "Delivery")) == 2,
        ARRIVAL_SECONDS,
        "two metrics",
    )
    assert "aws_ses_send_total" not in node.get("/metrics")[2].decode()


def test_a_topic_that_is_nowhere_is_named_in_the_dead_letters(node):
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:nowhere"
    buried = 'pillarbox_events_published_total{outcome="dead"}'
    before = node.metric(buried)
    make_set(node, "nowhere", SnsDestination={"TopicArn": arn})
    send(node, "nowhere")
    until(lambda: node.metric(buried) == before + 3, ARRIVAL_SECONDS, "three dead letters")
    found = node.run("events", "dead", "--destination", "nowhere/SnsDestination", "--json")
    # The notice is the message that the topic works.
    assert sorted(one["type"] for one in found) == ["Delivery", "Notice", "Send"]
    assert all(one["reason"].startswith("AWS answered NotFound") for one in found)
