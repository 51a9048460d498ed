"""An event destination of a configuration set: which events it wants, and where they go."""

from dataclasses import dataclass

#: The types of events, as the API calls them; SES v1 and Pinpoint know all but the last two.
EVENT_TYPES = (
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
)


@dataclass(frozen=True, slots=True)
class Dimension:
    """A CloudWatch dimension; `source`: MESSAGE_TAG, EMAIL_HEADER or LINK_TAG."""

    name: str
    source: str
    default: str


@dataclass(frozen=True, slots=True)
class CloudWatch:
    """Metrics with these dimensions, all of them on each metric (facts §5.6)."""

    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Firehose:
    """A delivery stream, and the role to write to it with."""

    role_arn: str
    stream_arn: str


@dataclass(frozen=True, slots=True)
class Sns:
    """A topic."""

    topic_arn: str


@dataclass(frozen=True, slots=True)
class EventBridge:
    """An event bus."""

    bus_arn: str


@dataclass(frozen=True, slots=True)
class Pinpoint:
    """A Pinpoint application; None: the call named none."""

    application_arn: str | None


Target = CloudWatch | Firehose | Sns | EventBridge | Pinpoint

#: What `event_destinations.kind` says, and the value its `settings` hold as JSON.
KINDS: dict[str, type[Target]] = {
    "CLOUDWATCH": CloudWatch,
    "FIREHOSE": Firehose,
    "SNS": Sns,
    "EVENTBRIDGE": EventBridge,
    "PINPOINT": Pinpoint,
}


def kind_of(target: Target) -> str:
    """Name the kind of a target as the rows do."""
    return next(kind for kind, form in KINDS.items() if isinstance(target, form))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDestination:
    """One destination. `event_types`: from EVENT_TYPES, each once."""

    name: str
    enabled: bool
    event_types: tuple[str, ...]
    target: Target

    @property
    def kind(self) -> str:
        """The kind of its target, one of KINDS."""
        return kind_of(self.target)
