"""Reputation: which mail led to bounces and complaints, as rates of it (facts §9). Pure.

Counted is mail by the hour in which it was accepted, so that what comes back days later is set
against the mail it tells of. For whom: the account, the configuration set, the sending domain and
the address of ours that it left by.
"""

from dataclasses import dataclass
from enum import StrEnum

HOUR_MS = 3_600_000
#: How long counts are kept and looked at.
SPAN_MS = 30 * 24 * HOUR_MS


class Scope(StrEnum):
    """For whom mail is counted; an account's own name is empty."""

    ACCOUNT = "account"
    SET = "set"
    DOMAIN = "domain"
    IP = "ip"


@dataclass(frozen=True, slots=True)
class Volume:
    """Recipients tried to an end, and how many of them bounced for good and complained."""

    sent: int = 0
    bounces: int = 0
    complaints: int = 0

    def __add__(self, other: "Volume") -> "Volume":
        """Put two volumes together."""
        return Volume(
            self.sent + other.sent,
            self.bounces + other.bounces,
            self.complaints + other.complaints,
        )

    @property
    def bounce_rate(self) -> float:
        """The share that bounced, 0 to 1."""
        return _share(self.bounces, self.sent)

    @property
    def complaint_rate(self) -> float:
        """The share that complained, 0 to 1."""
        return _share(self.complaints, self.sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What happened to recipients of one mail: whom it counts for, and how much.

    `sent_from` None: the system chose the address. `accepted_at`: when the mail was accepted.
    """

    account_id: str
    configuration_set: str | None
    sending_domain: str
    sent_from: str | None
    accepted_at: int
    volume: Volume


@dataclass(frozen=True, slots=True)
class Representative:
    """The newest mail that stands for what somebody sends: since when, and what became of it.

    `enough`: False where there is too little of it to judge anybody by.
    """

    since: int
    volume: Volume
    enough: bool


def representative(hours: "list[tuple[int, Volume]]", *, least: int, now: int) -> Representative:
    """Take the newest hours, until they hold a week of what is usual, and at least `least`.

    `hours`: by their start, in any order, of the last 30 days. A week of what is usual is 7/30 of
    what they all hold.
    """
    total = sum(volume.sent for _, volume in hours)
    wanted = max(least, total * 7 // 30)
    found, since = Volume(), now
    for start, volume in sorted(hours, key=lambda one: one[0], reverse=True):
        found, since = found + volume, start
        if found.sent >= wanted:
            break
    return Representative(since, found, found.sent >= least)


def hour_of(ms: int) -> int:
    """Give the start of the hour a moment is in."""
    return ms // HOUR_MS * HOUR_MS


def _share(part: int, whole: int) -> float:
    return min(1.0, part / whole) if whole > 0 else 0.0
