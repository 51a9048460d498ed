"""What is known of a recipient from events: how often and when last each kind of thing happened.

One row for each account, Pinpoint application and recipient (docs/segments.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass

#: What can happen with a recipient; each is a column of counts and, with `_at`, one of last times.
#: `opened` and `clicked`: by a person; `bounced`: for good, `soft_bounced`: not.
KINDS = (
    "sent",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "soft_bounced",
    "complained",
)


@dataclass(frozen=True, slots=True)
class Sign:
    """One event, as it tells of one recipient. `kind`: of KINDS; `at`: milliseconds."""

    address: str
    kind: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an event tells. `attributes`: the message's own tags, as they were at `tagged_at`."""

    event_id: bytes
    signs: tuple[Sign, ...]
    attributes: Mapping[str, str]
    tagged_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """A recipient. `counts`, `last`: by kind; `last` has those kinds alone that have happened.

    `folded`: the address by which recipients are compared, and ordered; `since`: the first event.
    """

    address: str
    folded: str
    since: int
    counts: Mapping[str, int]
    last: Mapping[str, int]
    attributes: Mapping[str, str]
