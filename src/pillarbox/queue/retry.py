"""When to try again, give up, or tell of a delay: pure decisions (design §8, facts §5.2, §11).

Takes times in milliseconds since the epoch and a random number, hands on the decision as a value.
The delays double from one minute to one hour, each up to a fifth shorter or longer, so that
messages that failed together do not come back together. The last attempt is made at the deadline
itself.
"""

from dataclasses import dataclass
from typing import Literal

from pillarbox.model.outcome import Reply

MAX_DELIVERY_SECONDS = 50_400
"""14 hours, the default and the maximum of MaxDeliverySeconds; the minimum is 300."""
_FIRST_MS = 60_000
_LONGEST_MS = 3_600_000
_BETWEEN_DELAY_EVENTS_MS = 3_600_000

DelayType = Literal[
    "InternalFailure",
    "General",
    "MailboxFull",
    "SpamDetected",
    "RecipientServerError",
    "IPFailure",
    "TransientCommunicationFailure",
    "Undetermined",
]


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at `at`."""

    at: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The time for delivery is over; `reply` becomes the bounce."""

    reply: Reply


def deadline(accepted_at: int, max_delivery_seconds: int | None) -> int:
    """Give the moment after which a message is not tried again."""
    return accepted_at + (max_delivery_seconds or MAX_DELIVERY_SECONDS) * 1000


def next_attempt(
    *,
    attempts: int,
    accepted_at: int,
    now: int,
    last: Reply,
    jitter: float,
    max_delivery_seconds: int | None = None,
) -> Retry | GiveUp:
    """Decide after a temporary failure.

    `attempts` made so far, at least 1; `jitter` evenly of 0.0 to 1.0.
    """
    seconds = max_delivery_seconds or MAX_DELIVERY_SECONDS
    end = deadline(accepted_at, seconds)
    if now >= end:
        text = f"4.4.7 Message expired: unable to deliver in {seconds // 60} minutes.<{last}>"
        return GiveUp(Reply(554, text, "4.4.7"))
    delay = min(_FIRST_MS << min(attempts - 1, 6), _LONGEST_MS)
    return Retry(min(now + int(delay * (0.8 + 0.4 * jitter)), end))


def delay_event_due(*, now: int, last_event_at: int | None) -> bool:
    """Say whether a DeliveryDelay event is due: at the first failure, then one an hour."""
    return last_event_at is None or now - last_event_at >= _BETWEEN_DELAY_EVENTS_MS


_BY_STATUS: dict[str, DelayType] = {
    "4.2.2": "MailboxFull",
    "4.3.0": "RecipientServerError",
    "4.3.1": "RecipientServerError",
    "4.3.2": "RecipientServerError",
    "4.3.5": "RecipientServerError",
    "4.4.1": "TransientCommunicationFailure",
    "4.4.2": "TransientCommunicationFailure",
    "4.4.3": "TransientCommunicationFailure",
    "4.4.5": "TransientCommunicationFailure",
    "4.7.5": "TransientCommunicationFailure",
}
_SPAM_WORDS = ("spam", "unsolicited", "junk")
_IP_WORDS = ("blocked", "blacklist", "blocklist", "listed", "reputation", "rate limit", "throttl")


def delay_type(reply: Reply) -> DelayType:
    """Give the delayType of a DeliveryDelay event for the reply that caused it."""
    text = reply.text.lower()
    if any(word in text for word in _SPAM_WORDS):
        return "SpamDetected"
    if any(word in text for word in _IP_WORDS):
        return "IPFailure"
    if reply.enhanced is not None:
        return _BY_STATUS.get(reply.enhanced, "General")
    return "RecipientServerError" if reply.code == 421 else "General"
