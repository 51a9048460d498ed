"""What the definition of an event destination may say (facts §2.2, §3). Pure.

Takes what a call gives; hands on an EventDestination, or raises BadRequest: in the real service's
words where they are known, else in words of the same kind. `query_code` is SES v1's code for it.
"""

import re
from collections.abc import Sequence

from pillarbox.base.errors import BadRequest
from pillarbox.manage.names import shortened
from pillarbox.model.event_destination import (
    EVENT_TYPES,
    CloudWatch,
    Dimension,
    EventBridge,
    EventDestination,
    Firehose,
    Pinpoint,
    Sns,
    Target,
)

MAX_DIMENSIONS = 10
MAX_DIMENSION_TEXT = 256
#: Event types that can't go to a Pinpoint application (facts §5.8).
NOT_TO_PINPOINT = ("DELIVERY_DELAY", "SUBSCRIPTION")

_ONE_KIND = (
    "Please provide only one destination with each request. Either a Firehose Destination or a "
    "Cloudwatch Destination or an SNS Destination or an EventBridge Destination."
)
_DIMENSION_NAME = re.compile(r"(ses:)?[A-Za-z0-9_-]+")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_-]+")
_DOTTED_VALUE = re.compile(r"[A-Za-z0-9_.@-]+")
#: Headers that no dimension may take its value from (facts §3), in lower case.
_RESERVED_HEADERS = frozenset(
    {"received", "to", "from", "dkim-signature", "cc", "message-id", "return-path"}
)
_ARN = r"arn:aws(-[a-z]+)*:{}:[a-z0-9-]+:[0-9]{{12}}:{}"
_TOPIC = re.compile(_ARN.format("sns", r"[A-Za-z0-9_-]{1,256}(\.fifo)?"))
_STREAM = re.compile(_ARN.format("firehose", r"deliverystream/[A-Za-z0-9_.-]{1,64}"))
_ROLE = re.compile(r"arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[!-~]{1,512}")
_BUS = re.compile(_ARN.format("events", r"event-bus/[A-Za-z0-9_./-]{1,256}"))
_APPLICATION = re.compile(_ARN.format("mobiletargeting", r"apps/[0-9a-f]{32}"))


def checked_definition(
    name: str,
    enabled: bool,
    event_types: Sequence[str],
    targets: Sequence[Target],
    *,
    dotted_values: bool,
) -> EventDestination:
    """Check a definition and give it as a value. Raises BadRequest."""
    if not event_types:
        raise BadRequest("At least one event type must be specified.")
    if not set(event_types) <= set(EVENT_TYPES):
        raise BadRequest("The event destination contains an invalid event type")
    if not targets:
        raise BadRequest("Event destination is not provided.")
    if len(targets) > 1:
        raise BadRequest(_ONE_KIND)
    target = targets[0]
    _check_target(target, event_types, dotted_values=dotted_values)
    return EventDestination(
        name=name,
        enabled=enabled,
        event_types=tuple(one for one in EVENT_TYPES if one in event_types),
        target=target,
    )


def _check_target(target: Target, event_types: Sequence[str], *, dotted_values: bool) -> None:
    match target:
        case CloudWatch():
            _check_dimensions(target.dimensions, dotted_values=dotted_values)
        case Firehose():
            code = "InvalidFirehoseDestination"
            _check_arn(_ROLE, "Invalid IAM role ARN provided: {}.", target.role_arn, code)
            text = "Invalid Firehose delivery stream ARN provided: {}."
            _check_arn(_STREAM, text, target.stream_arn, code)
        case Sns():
            text = "SNS topic <{}> not found."
            _check_arn(_TOPIC, text, target.topic_arn, "InvalidSNSDestination")
        case EventBridge():
            text = "Invalid EventBridge event bus ARN provided: {}."
            _check_arn(_BUS, text, target.bus_arn, "InvalidParameterValue")
            if not target.bus_arn.endswith(":event-bus/default"):
                raise BadRequest("Only the default EventBridge event bus is supported.")
        case Pinpoint():
            text = "Invalid Pinpoint application ARN provided: {}."
            arn = target.application_arn or "null"
            _check_arn(_APPLICATION, text, arn, "InvalidParameterValue")
            if refused := [one for one in event_types if one in NOT_TO_PINPOINT]:
                raise BadRequest(
                    f"Event type <{refused[0]}> is not supported for a Pinpoint destination."
                )


def _check_arn(pattern: re.Pattern[str], text: str, arn: str, query_code: str) -> None:
    if not pattern.fullmatch(arn):
        raise BadRequest(text.format(shortened(arn)), query_code=query_code)


def _check_dimensions(dimensions: Sequence[Dimension], *, dotted_values: bool) -> None:
    if not dimensions:
        raise _bad_dimension("CloudWatch metrics dimension configuration list cannot be empty.")
    if len(dimensions) > MAX_DIMENSIONS:
        raise _bad_dimension(f"CloudWatch metrics dimensions cannot exceed {MAX_DIMENSIONS}.")
    names = [one.name for one in dimensions]
    for one in dimensions:
        _check_dimension(one, dotted_values=dotted_values)
        if names.count(one.name) > 1:
            raise _bad_dimension(
                f"CloudWatch dimension name <{one.name}> is specified more than once."
            )


def _check_dimension(dimension: Dimension, *, dotted_values: bool) -> None:
    name, value = dimension.name, dimension.default
    for what, text in (("name", name), ("value", value)):
        if not text:
            raise _bad_dimension(f"The CloudWatch dimension {what} must be specified.")
        if len(text) > MAX_DIMENSION_TEXT:
            raise _bad_dimension(
                f"CloudWatch dimension {what} cannot exceed {MAX_DIMENSION_TEXT} characters."
            )
    if not _DIMENSION_NAME.fullmatch(name):
        raise _bad_dimension(
            f"Invalid CloudWatch dimension name <{name}>: only alphanumeric ASCII characters, "
            "'_', and '-' are allowed."
        )
    if dimension.source == "EMAIL_HEADER" and name.lower() in _RESERVED_HEADERS:
        raise _bad_dimension(f"The header <{name}> cannot be used as a CloudWatch dimension.")
    allowed = "'_', '-', '.', and '@'" if dotted_values else "'_', and '-'"
    if not (_DOTTED_VALUE if dotted_values else _PLAIN_VALUE).fullmatch(value):
        raise _bad_dimension(
            f"Invalid CloudWatch dimension value <{value}>: only alphanumeric ASCII characters, "
            f"{allowed} are allowed."
        )


def _bad_dimension(text: str) -> BadRequest:
    return BadRequest(text, query_code="InvalidCloudWatchDestination")
