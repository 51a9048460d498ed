"""The mails that the simulator's mailboxes send back: a complaint, an automatic reply.

Takes a message as it was delivered, and its return path; hands on a whole mail without Date and
Message-ID, to that return path: a feedback report (RFC 5965) as the real simulator's is told of
(facts §5.2), or an absence notice (RFC 3834).
"""

from dataclasses import dataclass

from pillarbox.proto.mime.addresses import parse_address
from pillarbox.proto.mime.body import encode_part
from pillarbox.proto.mime.headers import address_line, format_date, text_line
from pillarbox.proto.mime.multipart import join_parts
from pillarbox.proto.report.dsn_compose import returned_part

USER_AGENT = "Amazon SES Mailbox Simulator"
_ABSENCE = "This is an automatic reply of the mailbox simulator: nobody is out of office.\n"
_COMPLAINT = "This is a complaint of the mailbox simulator about a message to {recipient}.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A message that a mailbox of the simulator got. `arrived`: milliseconds since the epoch."""

    recipient: str
    return_path: str
    content: bytes
    arrived: int


def complaint_of(got: Simulated, boundary: str) -> bytes:
    """Write the complaint; `boundary` is a fresh random token. Raises MimeError."""
    fields = (
        ("Feedback-Type", "abuse"),
        ("User-Agent", USER_AGENT),
        ("Version", "1"),
        ("Original-Mail-From", f"<{got.return_path}>"),
        ("Original-Rcpt-To", f"<{got.recipient}>"),
        ("Arrival-Date", format_date(got.arrived)),
    )
    delivered = f"Return-Path: <{got.return_path}>\r\n".encode("ascii") + got.content
    parts = [
        encode_part("text/plain", _COMPLAINT.format(recipient=got.recipient), None),
        (
            b"Content-Type: message/feedback-report\r\n",
            b"".join(text_line(name, value) for name, value in fields),
        ),
        returned_part(b"", delivered),
    ]
    kind, octets = join_parts("report", parts, boundary)
    kind = kind.removesuffix(b"\r\n") + b";\r\n report-type=feedback-report\r\n"
    return b"".join((_head(got, "Complaint about your message"), kind, b"\r\n", octets))


def absence_of(got: Simulated) -> bytes:
    """Write the automatic reply. Raises MimeError."""
    fields, octets = encode_part("text/plain", _ABSENCE, None)
    head = _head(got, "Out of office: automatic reply")
    return b"".join((head, b"Auto-Submitted: auto-replied\r\n", fields, b"\r\n", octets))


def _head(got: Simulated, subject: str) -> bytes:
    lines = (
        address_line("From", (parse_address(got.recipient),)),
        address_line("To", (parse_address(got.return_path),)),
        text_line("Subject", subject),
        b"MIME-Version: 1.0\r\n",
    )
    return b"".join(lines)
