"""Which messages a person looks for, and how they are shown in a list."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """What all of them have in common; None leaves it open. Case does not count.

    `since`, `until`: accepted from this moment to before that one, milliseconds since the epoch.
    `recipient`: a whole address; `recipient_part`, `sender`, `subject`: a part. `tag`: its name and
    its value, None for any. `state`: one of its recipients has it (`model/queued.py`).
    `oldest_first`: in which order they are looked for and given; otherwise the newest come first.
    """

    account_id: str
    since: int
    until: int
    recipient: str | None = None
    recipient_part: str | None = None
    sender: str | None = None
    subject: str | None = None
    tag: tuple[str, str | None] | None = None
    state: int | None = None
    oldest_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessage:
    """A message in a list. `recipients`: address and state of each, in their order."""

    id: bytes
    created_at: int
    source: str
    subject: str | None
    size: int
    recipients: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessages:
    """A page in the order of its query. `next`: where the next page begins, None when everything
    was looked at. `full`: this page holds all that fit; otherwise looking for them ended at `next`.
    """

    items: Sequence[FoundMessage]
    next: bytes | None
    full: bool
