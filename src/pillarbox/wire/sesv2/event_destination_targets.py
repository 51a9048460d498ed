"""Event destinations between their shapes and the values that `manage` takes."""

from typing import Any, cast

from pillarbox.model.event_destination import (
    CloudWatch,
    Dimension,
    EventBridge,
    EventDestination,
    Firehose,
    Pinpoint,
    Sns,
    Target,
)
from pillarbox.wire.sesv2 import event_destination_shapes as shapes


def targets_of(definition: shapes.DestinationKinds) -> list[Target]:
    """Give every target that a definition has; that there is one is for `manage` to see."""
    given: list[Target] = []
    if stream := definition.kinesis_firehose_destination:
        given.append(Firehose(stream.iam_role_arn, stream.delivery_stream_arn))
    if metrics := definition.cloud_watch_destination:
        given.append(CloudWatch(tuple(map(_dimension, metrics.dimension_configurations))))
    if topic := definition.sns_destination:
        given.append(Sns(topic.topic_arn))
    if bus := definition.event_bridge_destination:
        given.append(EventBridge(bus.event_bus_arn))
    if application := definition.pinpoint_destination:
        given.append(Pinpoint(application.application_arn))
    return given


def _dimension(one: shapes.CloudWatchDimensionConfiguration) -> Dimension:
    return Dimension(one.dimension_name, one.dimension_value_source, one.default_dimension_value)


def shown(destination: EventDestination, event_types: frozenset[str]) -> shapes.EventDestination:
    """Show a destination, with those of its event types that the API knows."""
    types = tuple(one for one in destination.event_types if one in event_types)
    return shapes.EventDestination(
        name=destination.name,
        enabled=destination.enabled,
        matching_event_types=cast("tuple[shapes.EventType, ...]", types),
        **_kind(destination.target),
    )


def _kind(target: Target) -> dict[str, Any]:
    match target:
        case Firehose():
            stream = shapes.KinesisFirehoseDestination(
                iam_role_arn=target.role_arn, delivery_stream_arn=target.stream_arn
            )
            return {"kinesis_firehose_destination": stream}
        case CloudWatch():
            dimensions = tuple(map(_dimension_shape, target.dimensions))
            metrics = shapes.CloudWatchDestination(dimension_configurations=dimensions)
            return {"cloud_watch_destination": metrics}
        case Sns():
            return {"sns_destination": shapes.SnsDestination(topic_arn=target.topic_arn)}
        case EventBridge():
            bus = shapes.EventBridgeDestination(event_bus_arn=target.bus_arn)
            return {"event_bridge_destination": bus}
        case Pinpoint():
            application = shapes.PinpointDestination(application_arn=target.application_arn)
            return {"pinpoint_destination": application}


def _dimension_shape(one: Dimension) -> shapes.CloudWatchDimensionConfiguration:
    return shapes.CloudWatchDimensionConfiguration(
        dimension_name=one.name,
        dimension_value_source=cast("shapes.DimensionValueSource", one.source),
        default_dimension_value=one.default,
    )
