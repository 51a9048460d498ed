"""A report that proved nothing, kept for the operator to look at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportClaims:
    """What such a report claims. Nothing of it is believed."""

    recipients: tuple[str, ...] = ()
    status: str | None = None
    diagnostic: str | None = None
    reporting_mta: str | None = None
    feedback_type: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """One report. `id`: a UUIDv7, when it came. `sender`, `sent_to`: its envelope.

    `size`: its octets; `content`: the first of them.
    """

    id: bytes
    kind: str
    sender: str
    sent_to: tuple[str, ...]
    claims: ReportClaims
    size: int
    content: bytes
