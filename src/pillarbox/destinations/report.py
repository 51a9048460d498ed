"""What a turn found out about its events, and what is written of it. Pure.

Takes outcomes one by one; gives what leaves the outbox, what waits and what is dead. Later events
of a message whose event has failed are not to be tried (`holds`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pillarbox.destinations.schedule import event_delay_ms, is_over
from pillarbox.model.publishing import NotYet, Outcome, Published, Refused, Waiting

#: Failures in a row after which a destination counts as down.
DOWN_AFTER = 2
MAX_REASON = 500
EXPIRED = "not delivered in 3 days: "


@dataclass(slots=True)
class Report:
    """The outcomes of one turn so far."""

    done: list[bytes] = field(default_factory=list)
    onward: list[tuple[Waiting, bytes]] = field(default_factory=list)
    later: list[tuple[bytes, int, str]] = field(default_factory=list)
    refused: list[tuple[bytes, str]] = field(default_factory=list)
    expired: list[tuple[bytes, str]] = field(default_factory=list)
    held: set[bytes] = field(default_factory=set)
    failed_in_a_row: int = 0

    @property
    def down(self) -> bool:
        """Whether the destination seems to take nothing now."""
        return self.failed_in_a_row >= DOWN_AFTER

    @property
    def dead(self) -> list[tuple[bytes, str]]:
        """What is given up, each with its reason."""
        return self.refused + self.expired

    @property
    def through(self) -> bool:
        """Whether anything got an answer that settles it."""
        return bool(self.done or self.refused)

    def holds(self, one: Waiting) -> bool:
        """Tell whether an earlier event of the same message waits."""
        return one.message_id in self.held

    def add(self, one: Waiting, outcome: Outcome, now: int, jitter: float) -> None:
        """Note what became of an event."""
        match outcome:
            case Published():
                self.failed_in_a_row = 0
                self.done.append(one.event_id)
                self.onward += [(one, destination) for destination in outcome.onward]
            case Refused():
                self.failed_in_a_row = 0
                self.refused.append((one.event_id, outcome.reason[:MAX_REASON]))
            case NotYet():
                self.failed_in_a_row += 1
                reason = outcome.reason[:MAX_REASON]
                if is_over(one.since, now):
                    self.expired.append((one.event_id, EXPIRED + reason))
                else:
                    self.held.add(one.message_id)
                    delay = event_delay_ms(one.attempts + 1, jitter)
                    self.later.append((one.event_id, now + delay, reason))

    def hand_on(self, due: Sequence[Waiting], onward: Sequence[bytes]) -> None:
        """Note that webhooks get events next."""
        self.done += [one.event_id for one in due]
        self.onward += [(one, webhook) for one in due for webhook in onward]

    def give_up_old(self, waiting: Sequence[Waiting], now: int) -> None:
        """Give up with the events that failed what has waited as long behind them."""
        known = {one for one, *_ in (*self.later, *self.dead)}
        reasons = [one[-1] for one in (*self.later, *self.expired)]
        reason = str(reasons[-1]).removeprefix(EXPIRED) if reasons else ""
        self.expired += [
            (one.event_id, EXPIRED + reason)
            for one in waiting
            if one.event_id not in known and is_over(one.since, now)
        ]
