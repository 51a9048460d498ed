"""An attempt as it is kept: written with its settlement, read by the operator and the console."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """What is written. `id`: a UUIDv7 of the moment it was settled; `detail`: JSON."""

    id: bytes
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOnRecord:
    """What is read.

    `ended_at`: milliseconds since the epoch. `outcome`: delivered, deferred, failed or unknown.
    `reply`: the one that decided. `conversation`: with whom and over what (`host`, `address`,
    `source`, `tls`: what is not known is not there), `steps` (name, milliseconds, reply), and under
    `passed_over` the conversations with hosts tried before.
    """

    recipient: str
    ended_at: int
    outcome: str
    reply: str
    conversation: dict[str, Any]
