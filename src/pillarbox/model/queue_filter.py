"""Which queued recipients an operator means."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """What all of them have in common; None leaves it open.

    `before`: only of messages accepted before this moment (milliseconds since the epoch).
    """

    domain: str | None = None
    account_id: str | None = None
    configuration_set: str | None = None
    before: int | None = None
    message_id: bytes | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing narrows it down."""
        return self == QueueFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneInQueue:
    """What waits for one destination from one account, configuration set and pool.

    `pool`, `configuration_set`: None for mail without one. `next_due`: when the first is due.
    """

    domain: str
    account_id: str
    pool: str | None
    configuration_set: str | None
    recipients: int
    in_flight: int
    next_due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientInQueue:
    """One recipient of a message, as an operator sees it. `due_at` counts while it waits."""

    address: str
    state: str
    attempts: int
    due_at: int
    settled_at: int | None
    last_reply: str | None
