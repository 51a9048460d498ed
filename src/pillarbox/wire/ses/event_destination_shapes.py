"""Requests of the event destination actions (facts, Appendix C)."""

from typing import Literal

from msgspec import field

from pillarbox.proto.aws.rest_json import Shape

EventType = Literal[
    "send",
    "reject",
    "bounce",
    "complaint",
    "delivery",
    "open",
    "click",
    "renderingFailure",
]
DimensionValueSource = Literal["messageTag", "emailHeader", "linkTag"]


class KinesisFirehoseDestination(Shape, frozen=True, kw_only=True):
    """A delivery stream, and the role to write to it with."""

    iam_role_arn: str = field(name="IAMRoleARN")
    delivery_stream_arn: str = field(name="DeliveryStreamARN")


class CloudWatchDimensionConfiguration(Shape, frozen=True, kw_only=True):
    """A dimension of the metrics, and where its value comes from."""

    dimension_name: str
    dimension_value_source: DimensionValueSource
    default_dimension_value: str


class CloudWatchDestination(Shape, frozen=True, kw_only=True):
    """Metrics."""

    dimension_configurations: tuple[CloudWatchDimensionConfiguration, ...]


class SnsDestination(Shape, frozen=True, kw_only=True):
    """A topic."""

    topic_arn: str = field(name="TopicARN")


class EventDestination(Shape, frozen=True, kw_only=True):
    """What goes there, and where that is."""

    name: str
    matching_event_types: tuple[EventType, ...]
    enabled: bool | None = None
    kinesis_firehose_destination: KinesisFirehoseDestination | None = None
    cloud_watch_destination: CloudWatchDestination | None = None
    sns_destination: SnsDestination | None = field(default=None, name="SNSDestination")


class EventDestinationRequest(Shape, frozen=True, kw_only=True):
    """Add a destination to a set, or replace one."""

    configuration_set_name: str
    event_destination: EventDestination


class DeleteConfigurationSetEventDestinationRequest(Shape, frozen=True, kw_only=True):
    """Take a destination away."""

    configuration_set_name: str
    event_destination_name: str
