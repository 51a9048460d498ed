"""Contact lists: topics, what a contact wants of them, and a message's place among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["OPT_IN", "OPT_OUT"]
OPT_IN: Status = "OPT_IN"
OPT_OUT: Status = "OPT_OUT"
#: Why a recipient of a list's mail gets nothing.
UNSUBSCRIBED = "UNSUBSCRIBED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of a list. `default`: what holds for contacts that have not said anything."""

    name: str
    display_name: str
    description: str | None = None
    default: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChoice:
    """The list that a caller sends to, and the topic, None: all of them."""

    list_name: str
    topic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a contact wants. `topics`: only those it has said something about."""

    unsubscribe_all: bool = False
    topics: Mapping[str, Status] = field(default_factory=dict)

    def gets(self, topic: str | None, default: Status) -> bool:
        """Tell whether mail about a topic (None: about no one topic) goes to this contact."""
        if self.unsubscribe_all:
            return False
        return topic is None or self.topics.get(topic, default) == OPT_IN


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlan:
    """A message's contact list; frozen with it, kept as JSON in `messages.list_plan`.

    `base`: the URL below which recipients unsubscribe, without a slash at its end. `addresses`: the
    recipients by their positions.
    """

    list_name: str
    topic: str | None
    base: str
    addresses: tuple[str, ...]
