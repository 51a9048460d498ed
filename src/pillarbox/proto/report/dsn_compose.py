"""A delivery status notification, composed (RFC 3462, RFC 3464).

Takes what is to be said of a message and its recipients; hands on a whole message without Date and
Message-ID, which are for whoever sends it: a text for people, the report for programs, and the
header of the message it is about. Field values come from callers: they are ASCII on one line, or
MimeError is raised.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pillarbox.proto.mime.addresses import Mailbox
from pillarbox.proto.mime.body import encode_part
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import address_line, check_header_name, format_date, text_line
from pillarbox.proto.mime.multipart import Entity, join_parts

Fields = tuple[tuple[str, str], ...]

SUBJECT = "Delivery Status Notification (Failure)"
_VALUE = re.compile(r"[ -~]{1,2048}")
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
#: What an MTA is called: `dns; mail.example.net` (RFC 3464 §2.1.2).
_MTA = re.compile(r"[A-Za-z0-9-]+; *[!-~][ -~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatus:
    """What became of one recipient (§2.3). `last_attempt`: milliseconds since the epoch."""

    recipient: str
    action: str
    status: str
    diagnostic: str | None = None
    remote_mta: str | None = None
    last_attempt: int | None = None
    extensions: Fields = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of one message (§2.2). `header`: its header section, each line ended by CRLF.

    `returned`: the whole message, to be returned in place of its header alone.
    """

    reporting_mta: str
    recipients: tuple[RecipientStatus, ...]
    explanation: str
    header: bytes
    arrival: int | None = None
    extensions: Fields = ()
    returned: bytes | None = None


def compose_report(report: DeliveryReport, *, from_: Mailbox, to: Mailbox, boundary: str) -> bytes:
    """Compose the notification; `boundary` is a fresh random token. Raises MimeError."""
    parts = [
        encode_part("text/plain", report.explanation, None),
        (b"Content-Type: message/delivery-status\r\n", _status(report)),
        returned_part(report.header, report.returned),
    ]
    fields, octets = join_parts("report", parts, boundary)
    fields = fields.removesuffix(b"\r\n") + b";\r\n report-type=delivery-status\r\n"
    head = (
        address_line("From", (from_,)),
        address_line("To", (to,)),
        text_line("Subject", SUBJECT),
        b"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n",
    )
    return b"".join((*head, fields, b"\r\n", octets))


def returned_part(header: bytes, message: bytes | None) -> Entity:
    """Make the part that returns a message, whole or its header alone (RFC 6522 §3)."""
    if message is None:
        return b"Content-Type: text/rfc822-headers\r\n", header
    encoding = b"" if message.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"
    return b"Content-Type: message/rfc822\r\n" + encoding, message


def _status(report: DeliveryReport) -> bytes:
    if not _MTA.fullmatch(report.reporting_mta):
        raise MimeError("The reporting MTA must be given as a type and a name: dns; mail.example.")
    lines = [_line("Reporting-MTA", report.reporting_mta)]
    if report.arrival is not None:
        lines.append(_line("Arrival-Date", format_date(report.arrival)))
    lines += _extensions(report.extensions)
    for one in report.recipients:
        lines.append(b"\r\n")
        lines += _recipient(one)
    return b"".join(lines)


def _recipient(one: RecipientStatus) -> list[bytes]:
    if not _STATUS.fullmatch(one.status):
        raise MimeError(f"Invalid status code: '{one.status[:20]}'.")
    if one.remote_mta is not None and not _MTA.fullmatch(one.remote_mta):
        raise MimeError("The remote MTA must be given as a type and a name: dns; mail.example.")
    last = None if one.last_attempt is None else format_date(one.last_attempt)
    given = (
        ("Final-Recipient", f"rfc822; {one.recipient}"),
        ("Action", one.action),
        ("Status", one.status),
        ("Remote-MTA", one.remote_mta),
        ("Diagnostic-Code", one.diagnostic and f"smtp; {one.diagnostic}"),
        ("Last-Attempt-Date", last),
    )
    lines = [_line(name, value) for name, value in given if value]
    return [*lines, *_extensions(one.extensions)]


def _extensions(fields: Iterable[tuple[str, str]]) -> list[bytes]:
    """Write fields of the caller's own, which may not pass for those that mean something."""
    for name, _ in fields:
        check_header_name(name)
        if len(name) > 50 or not name.lower().startswith("x-"):
            raise MimeError(f"The name of an extension field must begin with X-: '{name[:50]}'.")
    return [_line(name, value) for name, value in fields]


def _line(name: str, value: str) -> bytes:
    if not _VALUE.fullmatch(value):
        raise MimeError(f"The value of {name} must be ASCII on one line.")
    return text_line(name, value)
