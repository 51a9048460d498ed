"""Feedback on its way to a sender, as a mail: what came back passed on, or told in our own words.

Takes the mail that came back, or what is to be said; hands on a whole message without Date and
Message-ID, which are for whoever sends it (facts §10). Its author is the service, since what it
passes on can't be signed in the name of another.
"""

import re
from dataclasses import dataclass

from pillarbox.proto.mime.addresses import Mailbox
from pillarbox.proto.mime.body import encode_part
from pillarbox.proto.mime.headers import address_line, format_date, text_line
from pillarbox.proto.mime.multipart import join_parts
from pillarbox.proto.mime.raw import parse_raw
from pillarbox.proto.report.dsn_compose import returned_part

COMPLAINT_SUBJECT = "Email Feedback Report"
#: Fields of the mail that came back that its body needs, and those a reader wants.
_KEPT = re.compile(r"content-[a-z-]+|mime-version|subject|auto-submitted|in-reply-to|references")
_UNPRINTABLE = re.compile(r"[^ -~]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReport:
    """What is said of a complaint whose report is not passed on (RFC 5965 §3).

    `arrival`: milliseconds since the epoch. `header`: the header section of the message.
    """

    feedback_type: str
    user_agent: str
    recipients: tuple[str, ...]
    arrival: int
    header: bytes
    returned: bytes | None = None


def pass_on(
    report: bytes, *, from_: Mailbox, to: Mailbox, subject: str, reply_to: Mailbox | None = None
) -> bytes:
    """Make a mail of what came back: its body and its Subject, under our own From and To.

    `subject`: for a report whose own can't be used. Raises MimeError for what is no message.
    """
    raw = parse_raw(report)
    kept = [one for one in raw.fields if _KEPT.fullmatch(one.name.lower())]
    kept = [one for one in kept if raw.data[one.start : one.end].isascii()]
    lines = [address_line("From", (from_,)), address_line("To", (to,))]
    if reply_to is not None:
        lines.append(address_line("Reply-To", (reply_to,)))
    if not any(one.name.lower() == "subject" for one in kept):
        lines.append(text_line("Subject", subject))
    if not any(one.name.lower() == "auto-submitted" for one in kept):
        lines.append(b"Auto-Submitted: auto-generated\r\n")
    lines += [raw.data[one.start : one.end] for one in kept]
    return b"".join((*lines, b"\r\n", raw.data[raw.body_start :]))


def compose_complaint(
    report: ComplaintReport, *, from_: Mailbox, to: Mailbox, boundary: str
) -> bytes:
    """Compose a feedback report; `boundary` is a fresh random token. Raises MimeError."""
    said = f"This is an email abuse report for an email message from {to.domain}.\n"
    fields = (
        ("Feedback-Type", report.feedback_type),
        ("User-Agent", report.user_agent),
        ("Version", "1"),
        *(("Original-Rcpt-To", one) for one in report.recipients),
        ("Arrival-Date", format_date(report.arrival)),
    )
    told = b"".join(text_line(name, printable(value)) for name, value in fields)
    parts = [
        encode_part("text/plain", said, None),
        (b"Content-Type: message/feedback-report\r\n", told),
        returned_part(report.header, report.returned),
    ]
    kind, octets = join_parts("report", parts, boundary)
    head = (
        address_line("From", (from_,)),
        address_line("To", (to,)),
        text_line("Subject", COMPLAINT_SUBJECT),
        b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
        kind.removesuffix(b"\r\n") + b";\r\n report-type=feedback-report\r\n",
    )
    return b"".join((*head, b"\r\n", octets))


def printable(text: str, most: int = 2000) -> str:
    """Give a text as a field of a report may have it: printable ASCII on one line."""
    return _UNPRINTABLE.sub("?", " ".join(text.split()))[:most]
