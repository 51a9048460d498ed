"""When a recipient that could not be served is tried again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAttempt:
    """The time of the next attempt; `delay_type`: what a DeliveryDelay event says, None for no
    event.
    """

    due_at: int
    delay_type: str | None
