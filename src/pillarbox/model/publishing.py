"""Events on their way to destinations: what waits, and what became of an attempt to publish."""

from dataclasses import dataclass
from typing import Any

from pillarbox.model.event_destination import Target
from pillarbox.model.topic import Subscription

#: Shards of a destination: the order of a message's events is kept within one.
SHARDS = 16


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard of one destination: what one drainer at a time works on, in order."""

    destination_id: bytes
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event that waits for a destination. `since`: the 3 days count from there."""

    event_id: bytes
    message_id: bytes
    due_at: int
    attempts: int
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An event as destinations get it: `body` is its SES record (facts §5).

    A notice is for topics alone: `body` is an identity's notification, or `text` is all it says.
    """

    event_id: bytes
    message_id: bytes
    account_id: str
    type: str
    created_at: int
    body: dict[str, Any]
    notice: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the events of an outbox row go: an event destination's target, or a webhook.

    `destination_id`: what the outbox calls it, for a driver that takes its events out itself.
    """

    account_id: str
    target: Target | Subscription
    destination_id: bytes = b""


@dataclass(frozen=True, slots=True)
class Published:
    """The destination has it. `onward`: the webhooks that get it next."""

    onward: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class NotYet:
    """It did not work now; the same may work later. `reason`: fit to be shown."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The destination won't have it, however often it is asked. `reason`: fit to be shown."""

    reason: str


Outcome = Published | NotYet | Refused
