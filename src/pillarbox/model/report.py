"""What a mail that came back says, as values: a bounce, a delay, a complaint or none of them.

`proto.report` makes them of a message's octets. Nothing here is believed yet: who reads a report
checks the signed traces in it before anything follows. Times are milliseconds since the epoch.
"""

from dataclasses import dataclass
from enum import StrEnum


class ReportKind(StrEnum):
    """What a mail that came back is. Only `BOUNCE` and `COMPLAINT` have consequences."""

    BOUNCE = "bounce"
    DELAY = "delay"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    CHALLENGE = "challenge"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecipient:
    """One recipient a report is about (RFC 3464 §2.3); what it doesn't tell is None.

    `address` is the one the mail was sent to as far as the report knows it: the original recipient,
    else the final one. `status` is the more specific of the field and the diagnostic text.
    """

    address: str
    action: str
    status: str | None = None
    code: int | None = None
    diagnostic: str | None = None
    remote_mta: str | None = None
    final_recipient: str | None = None
    original_recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a feedback report tells (RFC 5965 §3); its addresses are often taken out."""

    feedback_type: str
    user_agent: str | None = None
    arrival: int | None = None
    original_mail_from: str | None = None
    original_rcpt_to: tuple[str, ...] = ()
    source_ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedMessage:
    """The message a report is about: its first header fields, names in lower case."""

    fields: tuple[tuple[str, str], ...]
    message_id: str | None = None
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What looks like ours anywhere in a report, still to be verified with the keys.

    `return_paths`: addresses whose local part has the form of ours (`proto.verp`); `links`: URLs
    that have the form of our tracked ones (`proto.tracking_token`).
    """

    return_paths: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One mail that came back. `recipients`: those it failed for (BOUNCE) or waits for (DELAY)."""

    kind: ReportKind
    recipients: tuple[ReportedRecipient, ...] = ()
    reporting_mta: str | None = None
    arrival: int | None = None
    complaint: Complaint | None = None
    returned: ReturnedMessage | None = None
    traces: Traces = Traces()
