"""Drivers of AWS against moto's server: what arrives there, and what its refusals mean."""

import asyncio
import json
import socket
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pillarbox.base.ids import uuid7
from pillarbox.base.settings import AwsCloudwatch, AwsEvents, AwsFirehose, AwsSns, Settings
from pillarbox.destinations import aws_clients
from pillarbox.destinations.aws import open_aws
from pillarbox.model.event import BLOCKS
from pillarbox.model.event_destination import CloudWatch, Dimension, EventBridge, Firehose, Sns
from pillarbox.model.publishing import NotYet, Place, Published, Record
from tests.destinations.publishing_world import Directed
from tests.peers.moto_aws import ACCOUNT, KEYS, REGION
from tests.peers.scripted_aws import scripted_aws

KEY = {
    "access_key_id": KEYS["aws_access_key_id"],
    "secret_access_key": KEYS["aws_secret_access_key"],
}
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ses"
NOW = int(datetime.now(UTC).timestamp() * 1000)


def record(message=1, kind="Send", number=0, **block):
    return Record(
        event_id=uuid7(NOW + number),
        message_id=b"%16d" % message,
        account_id=ACCOUNT,
        type=kind,
        created_at=NOW,
        body={
            "eventType": kind,
            "mail": {
                "messageId": f"m{message}",
                "tags": {"ses:configuration-set": ["spring"], "campaign": ["x"]},
            },
            BLOCKS[kind]: block,
        },
    )


@pytest.fixture
async def drivers(tmp_path):
    """Open drivers of these sections; count what they drop."""
    opened = []

    def give(dropped=lambda _why, _n: None, **sections):
        found = open_aws(Settings(data=tmp_path, **sections), dropped)
        opened.append(found)
        return found

    yield give
    for one in opened:
        await one.close()


async def all_of(publish, records):
    """Publish until nothing is left untried, as a turn does."""
    outcomes = {}
    while left := [one for one in records if one.event_id not in outcomes]:
        found = await publish(left)
        assert found
        outcomes |= found
    return [outcomes[one.event_id] for one in records]


async def test_a_topic_in_aws_gets_each_event_in_the_order_of_its_message(aws, drivers):
    topic, queue = aws.topic_with_queue()
    driver = drivers(aws_sns=AwsSns(endpoint=aws.url, **KEY)).topics
    kinds = ("Send", "Delivery", "Open")
    records = [record(m, kind, n) for m in range(12) for n, kind in enumerate(kinds)]
    assert await all_of(lambda left: driver.publish(topic, left), records) == [Published()] * 36
    taken = aws.take(queue)
    assert {one["Subject"] for one in taken} == {"Amazon SES Email Event Notification"}
    events = [json.loads(one["Message"]) for one in taken]
    for m in range(12):
        mine = [one for one in events if one["mail"]["messageId"] == f"m{m}"]
        assert mine == [one.body for one in records if one.body["mail"]["messageId"] == f"m{m}"]


async def test_a_topic_that_aws_does_not_have_is_a_dead_letter_that_says_so(aws, drivers):
    driver = drivers(aws_sns=AwsSns(endpoint=aws.url, **KEY)).topics
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:absent"
    (outcome,) = await all_of(lambda left: driver.publish(arn, left), [record()])
    assert outcome.__class__.__name__ == "Refused"
    assert outcome.reason.startswith("AWS answered NotFound")


async def test_a_stream_in_aws_gets_each_event_as_a_line(aws, drivers):
    arn, bucket = aws.stream()
    driver = drivers(aws_firehose=AwsFirehose(endpoint=aws.url, **KEY)).streams
    place = Place(ACCOUNT, Firehose(ROLE, arn))
    records = [record(m, kind) for m in range(3) for kind in ("Send", "Delivery")]
    found = await all_of(lambda left: driver.publish(place, left), records)
    assert found == [Published()] * 6
    taken = aws.lines(bucket)
    assert len(taken) == 6
    assert all(one.body in taken for one in records)


async def test_a_role_is_taken_on_where_the_settings_say_so(aws, drivers):
    arn, bucket = aws.stream()
    section = AwsFirehose(endpoint=aws.url, sts_endpoint=aws.url, assume_role=True, **KEY)
    driver = drivers(aws_firehose=section).streams
    place = Place(ACCOUNT, Firehose(ROLE, arn))
    assert await all_of(lambda left: driver.publish(place, left), [record()]) == [Published()]
    assert len(aws.lines(bucket)) == 1


async def test_metrics_in_aws_have_names_dimensions_and_counts(aws, drivers):
    dropped = []
    section = AwsCloudwatch(endpoint=aws.url, namespace="Test/SES", **KEY)
    driver = drivers(lambda *told: dropped.append(told), aws_cloudwatch=section).metrics
    dimensions = (
        Dimension("campaign", "MESSAGE_TAG", "none"),
        Dimension("product", "LINK_TAG", "no-link"),
    )
    place = Place(ACCOUNT, CloudWatch(dimensions))
    bad = record(9, "Click", linkTags={"product": ["grün"]})
    records = [
        *(record(n) for n in range(5)),
        record(6, "Rendering Failure"),
        record(7, "Click", linkTags={"product": ["book"]}),
        bad,
    ]
    found = await all_of(lambda left: driver.publish(place, left), records)
    assert found == [Published()] * 8
    assert dropped == [("invalid", 1)]

    def statistics(name, product):
        moment = datetime.fromtimestamp(NOW / 1000, UTC)
        answer = aws.client("cloudwatch").get_metric_statistics(
            Namespace="Test/SES",
            MetricName=name,
            Dimensions=[
                {"Name": "campaign", "Value": "x"},
                {"Name": "product", "Value": product},
            ],
            StartTime=moment - timedelta(minutes=5),
            EndTime=moment + timedelta(minutes=5),
            Period=600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        return [(one["Sum"], one["SampleCount"], one["Unit"]) for one in answer]

    assert statistics("Send", "no-link") == [(5, 5, "Count")]
    assert statistics("RenderingFailure", "no-link") == [(1, 1, "Count")]
    assert statistics("Click", "book") == [(1, 1, "Count")]


async def test_a_bus_gets_events_in_the_envelope_of_ses(aws, drivers):
    queue = aws.bus_with_queue("mail.test")
    driver = drivers(aws_events=AwsEvents(endpoint=aws.url, source="mail.test", **KEY)).buses
    place = Place(ACCOUNT, EventBridge(BUS))
    records = [record(m, kind) for m in range(11) for kind in ("Send", "Rendering Failure")]
    found = await all_of(lambda left: driver.publish(place, left), records)
    assert found == [Published()] * 22
    taken = aws.take(queue)
    assert len(taken) == 22
    assert {one["detail-type"] for one in taken} == {"Email Sent", "Email Rendering Failed"}
    assert taken[0]["source"] == "mail.test"
    assert taken[0]["resources"] == [f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/spring"]
    assert all(one.body in [each["detail"] for each in taken] for one in records)


async def test_an_endpoint_that_does_not_answer_is_asked_again_later(drivers):
    driver = drivers(aws_sns=AwsSns(endpoint="http://127.0.0.1:1", **KEY)).topics
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
    found = await all_of(lambda left: driver.publish(arn, left), [record()])
    assert found == [NotYet('Could not connect to the endpoint URL: "http://127.0.0.1:1/"')]


async def test_without_credentials_to_be_found_events_wait(drivers, monkeypatch, tmp_path):
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "absent"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    section = replace(AwsSns(endpoint="http://127.0.0.1:1"), ambient=True)
    driver = drivers(aws_sns=section).topics
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
    found = await all_of(lambda left: driver.publish(arn, left), [record()])
    assert found == [NotYet("Unable to locate credentials")]


async def test_of_a_batch_that_fails_in_part_the_rest_is_tried_again_in_order(drivers, world):
    def answer(number, asked):
        told = [{"RecordId": "r"} for _ in asked["Records"]]
        if number == 1:
            told[0] = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "slow down"}
        return 200, {"FailedPutCount": 0, "RequestResponses": told}

    stream = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/mail"
    world.destination(target=Firehose(ROLE, stream))
    world.message("Delivery", at=5)
    with scripted_aws(answer) as endpoint:
        section = AwsFirehose(endpoint=endpoint.url, **KEY)
        world.draining = world.new_draining(driver=drivers(aws_firehose=section).streams)
        await world.drain(1)
        await world.drain(30)
    sent = [
        [json.loads(b64decode(one["Data"]))["eventType"] for one in asked["Records"]]
        for asked in endpoint.asked
    ]
    assert sent == [["Send"], ["Send"], ["Delivery"]]
    assert world.rows() == []


@pytest.mark.parametrize(
    ("status", "code", "dead"),
    [
        (400, "ThrottlingException", 0),
        (400, "AccessDeniedException", 0),
        (500, "Internal", 0),
        (400, "InvalidArgumentException", 2),
        (400, "ResourceNotFoundException", 2),
    ],
)
async def test_a_refused_call_is_tried_again_or_listed_as_dead(drivers, world, status, code, dead):
    stream = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/mail"
    world.destination(target=Firehose(ROLE, stream))
    world.message("Delivery", at=5)
    with scripted_aws(lambda *_: (status, {"__type": code, "message": "why"})) as endpoint:
        section = AwsFirehose(endpoint=endpoint.url, **KEY)
        world.draining = world.new_draining(driver=drivers(aws_firehose=section).streams)
        await world.drain(1)
    assert [one.reason for one in world.dead()] == [f"AWS answered {code}: why"] * dead
    assert len(world.rows()) == 2 - dead


async def test_one_event_that_cloudwatch_refuses_takes_no_other_with_it(drivers):
    def answer(_number, asked):
        names = [one["MetricName"] for one in asked["MetricData"]]
        if "Open" in names:
            return 400, {"__type": "InvalidParameterValueException", "message": "no"}
        return 200, {}

    with scripted_aws(answer) as endpoint:
        section = AwsCloudwatch(endpoint=endpoint.url, **KEY)
        driver = drivers(aws_cloudwatch=section).metrics
        place = Place(ACCOUNT, CloudWatch((Dimension("a", "MESSAGE_TAG", "b"),)))
        records = [record(1), record(2, "Open"), record(3)]
        found = await all_of(lambda left: driver.publish(place, left), records)
    assert [one.__class__.__name__ for one in found] == ["Published", "Refused", "Published"]


async def test_an_endpoint_that_hangs_delays_no_other_destination(drivers, world, monkeypatch):
    monkeypatch.setattr(aws_clients, "READ_SECONDS", 2)
    over = asyncio.Event()

    class Half(Directed):
        async def publish(self, place, records):
            if place.target.topic_arn.endswith("down"):
                return await hanging.publish(place.target.topic_arn, records)
            found = await super().publish(place, records)
            if len(self.taken) == 40:
                over.set()
            return found

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hanging = drivers(aws_sns=AwsSns(endpoint=url, **KEY)).topics
        for name in ("down", "up"):
            arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
            world.destination(name, target=Sns(arn), types=("SEND",))
        for number in range(40):
            world.message(at=number)
        world.now += 1000
        half = Half()
        world.draining = world.new_draining(driver=half)
        while not over.is_set():
            await world.draining.look()
            assert world.draining.busy
            await asyncio.sleep(0)
        assert len(world.rows()) >= 40
        await world.draining.settled()
    assert {row.last_error for row in world.rows()} <= {
        None,
        f'Read timeout on endpoint URL: "{url}/"',
    }
    assert len(world.rows()) == 40
