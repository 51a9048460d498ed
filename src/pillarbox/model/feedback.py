"""Feedback on its way to whoever gets a sender's bounces and complaints by mail (facts §10)."""

from dataclasses import dataclass
from typing import Any

from pillarbox.model.event import BOUNCE, COMPLAINT

#: An automatic reply to a return path: passed on, though it is no event.
AUTO_REPLY = "AutoReply"
FORWARDED_EVENTS = frozenset({BOUNCE, COMPLAINT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One thing that may have to be forwarded.

    `id`: the event's, or of its own for an automatic reply. `kind`: an event's type or AUTO_REPLY.
    `report`: the mail that came back, where there is one to pass on.
    """

    id: bytes
    message_id: bytes
    position: int
    kind: str
    report: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackSetting:
    """How an identity wants feedback, and what else its sender hears of it by.

    `forwarding`: its switch. `covered`: the types of events that a notification topic of the
    identity or an enabled event destination of the message's configuration set gets.
    """

    forwarding: bool = True
    covered: frozenset[str] = frozenset()

    @property
    def forwards(self) -> bool:
        """Whether feedback goes by mail: switched off, it still does unless both are covered."""
        return self.forwarding or not self.covered >= FORWARDED_EVENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """An event's type and its own block, as they are stored."""

    type: str
    detail: dict[str, Any]
