"""The event destination actions: requests become calls of `manage/sets/event_destinations.py`."""

from dataclasses import dataclass
from typing import Any, cast, get_args

from pillarbox.manage.sets.event_destinations import (
    create_event_destination,
    delete_event_destination,
    update_event_destination,
)
from pillarbox.model import event_destination as model
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.event_destination_shapes import (
    CloudWatchDestination,
    CloudWatchDimensionConfiguration,
    DeleteConfigurationSetEventDestinationRequest,
    DimensionValueSource,
    EventDestination,
    EventDestinationRequest,
    EventType,
    KinesisFirehoseDestination,
    SnsDestination,
)
from pillarbox.wire.ses.words import camel, capitals
from pillarbox.wire.sesv2.services import Services

_KNOWN_TYPES = frozenset(get_args(EventType))


@dataclass(frozen=True, slots=True)
class EventDestinations:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(
                name="CreateConfigurationSetEventDestination",
                request=EventDestinationRequest,
                handler=self.create,
            ),
            Action(
                name="UpdateConfigurationSetEventDestination",
                request=EventDestinationRequest,
                handler=self.update,
            ),
            Action(
                name="DeleteConfigurationSetEventDestination",
                request=DeleteConfigurationSetEventDestinationRequest,
                handler=self.delete,
            ),
        )

    async def create(self, call: Call[EventDestinationRequest]) -> None:
        """CreateConfigurationSetEventDestination: without Enabled it is off."""
        request, account_id = call.request, call.caller.account_id
        definition = request.event_destination
        await self.services.store.write(
            lambda conn: create_event_destination(
                conn,
                account_id,
                request.configuration_set_name,
                definition.name,
                enabled=bool(definition.enabled),
                event_types=[capitals(one) for one in definition.matching_event_types],
                targets=_targets(definition),
                now=self.services.now(),
                most=self.services.quotas.event_destinations,
            )
        )

    async def update(self, call: Call[EventDestinationRequest]) -> None:
        """UpdateConfigurationSetEventDestination: the definition is replaced as a whole."""
        request, account_id = call.request, call.caller.account_id
        definition = request.event_destination
        await self.services.store.write(
            lambda conn: update_event_destination(
                conn,
                account_id,
                request.configuration_set_name,
                definition.name,
                enabled=bool(definition.enabled),
                event_types=[capitals(one) for one in definition.matching_event_types],
                targets=_targets(definition),
            )
        )

    async def delete(self, call: Call[DeleteConfigurationSetEventDestinationRequest]) -> None:
        """DeleteConfigurationSetEventDestination."""
        request, account_id = call.request, call.caller.account_id
        await self.services.store.write(
            lambda conn: delete_event_destination(
                conn, account_id, request.configuration_set_name, request.event_destination_name
            )
        )


def shown(destination: model.EventDestination) -> EventDestination:
    """Show a destination, as far as SES v1 knows its event types and its kind (design §3)."""
    types = [camel(one) for one in destination.event_types]
    return EventDestination(
        name=destination.name,
        enabled=destination.enabled,
        matching_event_types=cast(
            "tuple[EventType, ...]", tuple(one for one in types if one in _KNOWN_TYPES)
        ),
        **_kind(destination.target),
    )


def _kind(target: model.Target) -> dict[str, Any]:
    match target:
        case model.Firehose():
            stream = KinesisFirehoseDestination(
                iam_role_arn=target.role_arn, delivery_stream_arn=target.stream_arn
            )
            return {"kinesis_firehose_destination": stream}
        case model.CloudWatch():
            dimensions = tuple(map(_dimension_shape, target.dimensions))
            metrics = CloudWatchDestination(dimension_configurations=dimensions)
            return {"cloud_watch_destination": metrics}
        case model.Sns():
            return {"sns_destination": SnsDestination(topic_arn=target.topic_arn)}
        case _:
            return {}


def _dimension_shape(one: model.Dimension) -> CloudWatchDimensionConfiguration:
    return CloudWatchDimensionConfiguration(
        dimension_name=one.name,
        dimension_value_source=cast("DimensionValueSource", camel(one.source)),
        default_dimension_value=one.default,
    )


def _targets(definition: EventDestination) -> list[model.Target]:
    """Give every target that a definition has; that there is one is for `manage` to see."""
    given: list[model.Target] = []
    if stream := definition.kinesis_firehose_destination:
        given.append(model.Firehose(stream.iam_role_arn, stream.delivery_stream_arn))
    if metrics := definition.cloud_watch_destination:
        given.append(model.CloudWatch(tuple(map(_dimension, metrics.dimension_configurations))))
    if topic := definition.sns_destination:
        given.append(model.Sns(topic.topic_arn))
    return given


def _dimension(one: CloudWatchDimensionConfiguration) -> model.Dimension:
    source = capitals(one.dimension_value_source)
    return model.Dimension(one.dimension_name, source, one.default_dimension_value)
