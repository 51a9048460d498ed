"""AWS on loopback: moto's server over a real socket, with what tests read from it afterwards."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

KEYS = {"aws_access_key_id": "AKIDMOTO", "aws_secret_access_key": "moto/secret"}
REGION = "us-east-1"
ACCOUNT = "123456789012"
_SESSION = boto3.session.Session()


class MotoAws:
    """A running stand-in for AWS; `url`: the endpoint of each of its services."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A boto3 client."""
        if service not in self._clients:
            config = Config(retries={"max_attempts": 0})
            self._clients[service] = _SESSION.client(
                service, region_name=REGION, endpoint_url=self.url, config=config, **KEYS
            )
        return self._clients[service]

    def settings(self, *sections: str) -> dict[str, str]:
        """Settings of a node that publishes here, as the environment has them."""
        values = {
            "ENDPOINT": self.url,
            "ACCESS_KEY_ID": KEYS["aws_access_key_id"],
            "SECRET_ACCESS_KEY": KEYS["aws_secret_access_key"],
        }
        return {
            f"PILLARBOX_AWS_{section}_{name}": value
            for section in sections
            for name, value in values.items()
        }

    def queue(self) -> tuple[str, str]:
        """Make a queue: its URL and its ARN."""
        sqs = self.client("sqs")
        url = str(sqs.create_queue(QueueName=f"q-{uuid4().hex}")["QueueUrl"])
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def topic_with_queue(self, name: str = "") -> tuple[str, str]:
        """Make a topic with a queue behind it: the topic's ARN, the queue's URL."""
        url, arn = self.queue()
        sns = self.client("sns")
        topic = str(sns.create_topic(Name=name or f"t-{uuid4().hex}")["TopicArn"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return topic, url

    def take(self, queue_url: str) -> list[Any]:
        """Take what lies in a queue, each message's JSON."""
        sqs, found = self.client("sqs"), []
        while True:
            answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
            for one in answer.get("Messages", ()):
                found.append(json.loads(one["Body"]))
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=one["ReceiptHandle"])
            if not answer.get("Messages"):
                return found

    def stream(self) -> tuple[str, str]:
        """Make a delivery stream into a bucket: the stream's ARN, the bucket's name."""
        name = f"s-{uuid4().hex}"
        self.client("s3").create_bucket(Bucket=name)
        arn = self.client("firehose").create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration={
                "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/firehose",
                "BucketARN": f"arn:aws:s3:::{name}",
            },
        )["DeliveryStreamARN"]
        return str(arn), name

    def lines(self, bucket: str) -> list[Any]:
        """The JSON lines in the objects of a bucket, in whatever order."""
        s3 = self.client("s3")
        objects = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        texts = [
            s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().decode() for one in objects
        ]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def bus_with_queue(self, source: str) -> str:
        """Have what a source puts on the default bus go into a queue: the queue's URL."""
        url, arn = self.queue()
        events, name = self.client("events"), f"r-{uuid4().hex}"
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [source]}))
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
        return url


@contextmanager
def moto_aws() -> Iterator[MotoAws]:
    """Serve until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = MotoAws(f"http://{host}:{port}")
    try:
        yield made
    finally:
        server.stop()
