"""Requests and answers of the event destination operations.

Reference p. 6, 16, 28, 71, 84; facts, Appendix A and B.
"""

from typing import Literal

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Name

DimensionValueSource = Literal["MESSAGE_TAG", "EMAIL_HEADER", "LINK_TAG"]
#: The types that Pinpoint Email v1 knows, and all of them.
FirstEventType = Literal[
    "SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE"
]
EventType = Literal[
    "SEND",
    "REJECT",
    "BOUNCE",
    "COMPLAINT",
    "DELIVERY",
    "OPEN",
    "CLICK",
    "RENDERING_FAILURE",
    "DELIVERY_DELAY",
    "SUBSCRIPTION",
]


class KinesisFirehoseDestination(Shape, frozen=True, kw_only=True):
    """A delivery stream, and the role to write to it with."""

    iam_role_arn: Name
    delivery_stream_arn: Name


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

    topic_arn: Name


class EventBridgeDestination(Shape, frozen=True, kw_only=True):
    """An event bus."""

    event_bus_arn: Name


class PinpointDestination(Shape, frozen=True, kw_only=True):
    """A Pinpoint application."""

    application_arn: Name | None = None


class DestinationKinds(Shape, frozen=True, kw_only=True):
    """The members of which a destination has one."""

    kinesis_firehose_destination: KinesisFirehoseDestination | None = None
    cloud_watch_destination: CloudWatchDestination | None = None
    sns_destination: SnsDestination | None = None
    event_bridge_destination: EventBridgeDestination | None = None
    pinpoint_destination: PinpointDestination | None = None


class EventDestinationDefinition(DestinationKinds, frozen=True, kw_only=True):
    """What goes there, and where that is."""

    enabled: bool | None = None
    matching_event_types: tuple[EventType, ...] | None = None


class EventDestination(DestinationKinds, frozen=True, kw_only=True):
    """A destination as it is shown."""

    name: str
    matching_event_types: tuple[EventType, ...]
    enabled: bool | None = None


class CreateConfigurationSetEventDestinationRequest(Shape, frozen=True, kw_only=True):
    """Add a destination to a set."""

    configuration_set_name: str
    event_destination_name: str
    event_destination: EventDestinationDefinition


class UpdateConfigurationSetEventDestinationRequest(Shape, frozen=True, kw_only=True):
    """Replace the definition of a destination."""

    configuration_set_name: str
    event_destination_name: str
    event_destination: EventDestinationDefinition


class DeleteConfigurationSetEventDestinationRequest(Shape, frozen=True, kw_only=True):
    """Take a destination away."""

    configuration_set_name: str
    event_destination_name: str


class GetConfigurationSetEventDestinationsRequest(Shape, frozen=True, kw_only=True):
    """Ask for the destinations of a set."""

    configuration_set_name: str


class GetConfigurationSetEventDestinationsResponse(Shape, frozen=True, kw_only=True):
    """All destinations of a set."""

    event_destinations: tuple[EventDestination, ...] | None = None
