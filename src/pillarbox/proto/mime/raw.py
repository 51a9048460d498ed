"""A raw message as a caller hands it in: read, checked, finished (RFC 5322, RFC 6409 §8).

Takes the octets; hands on a `RawMessage` with CRLF line ends and its header fields, says what is
wrong with it in the real service's words (facts §2.6, §3), and writes it with our Date and
Message-ID and without Bcc and X-SES-*.
"""

from dataclasses import dataclass

from pillarbox.proto.mime.addresses import Mailbox, parse_address_list
from pillarbox.proto.mime.body import find_long_line
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import HeaderField, address_line, read_fields, stamp_lines
from pillarbox.proto.mime.single_headers import check_single
from pillarbox.proto.mime.structure import check_structure

MAX_HEADER_SECTION = 256 * 1024  # the real service's own limit is not known
_REMOVED = frozenset({"bcc", "resent-bcc", "return-path", "date", "message-id"})
_RECIPIENT_FIELDS = ("to", "cc", "bcc")


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message with CRLF line ends.

    `header_end` is where the header section ends (its last CRLF included), `body_start` where the
    body begins, one blank line later. `eight_bit`: some octet is above 127.
    """

    data: bytes
    fields: tuple[HeaderField, ...]
    header_end: int
    body_start: int
    eight_bit: bool

    def all(self, name: str) -> list[HeaderField]:
        """Give all fields of this name, in order; case doesn't matter."""
        lower = name.lower()
        return [field for field in self.fields if field.name.lower() == lower]

    def first(self, name: str) -> HeaderField | None:
        """Give the first field of this name, or None."""
        return next(iter(self.all(name)), None)


def parse_raw(data: bytes) -> RawMessage:
    """Read a raw message; bare LF and bare CR become CRLF. Linear in time, one copy at most.

    Raises MimeError, and nothing else, for any octets that are no message.
    """
    if b"\x00" in data:
        raise MimeError("The message contains NUL.")
    data = normalise_line_ends(data)
    header_end, body_start = _find_body(data)
    if find_long_line(data) is not None:
        raise MimeError("A line of the message is longer than 1000 characters.")
    fields = read_fields(data, 0, header_end)
    return RawMessage(data, fields, header_end, body_start, eight_bit=not data.isascii())


def normalise_line_ends(data: bytes) -> bytes:
    """End every line in CRLF; data that already is so comes back as the same object."""
    pairs = data.count(b"\r\n")
    returns, newlines = data.count(b"\r"), data.count(b"\n")
    if pairs == returns == newlines:
        return data
    if returns:
        data = data.replace(b"\r\n", b"\n")
        if returns > pairs:
            data = data.replace(b"\r", b"\n")
    return data.replace(b"\n", b"\r\n")


def _find_body(data: bytes) -> tuple[int, int]:
    """Find where the header section ends and the body starts."""
    if data.startswith(b"\r\n"):
        return 0, 2
    blank = data.find(b"\r\n\r\n", 0, MAX_HEADER_SECTION + 4)
    if blank < 0 and len(data) > MAX_HEADER_SECTION:
        raise MimeError("Header section too long.")
    if blank < 0:
        raise MimeError("The message has no blank line between header and body.")
    return blank + 2, blank + 4


def check_raw(raw: RawMessage, *, from_given: bool = False, recipients_given: bool = False) -> None:
    """Check a raw message as the real service does (facts §2.6, §3; reference, RawMessage).

    `from_given`, `recipients_given`: the API names the sender, the recipients; then From, To need
    not be in the header. Raises MimeError with the text to show.
    """
    check_single(field.name for field in raw.fields)
    if not from_given and raw.first("From") is None:
        raise MimeError("Missing required header 'From'.")
    if raw.first("From") is not None and not header_mailboxes(raw, "From"):
        raise MimeError("Missing required header 'From'.")
    if not recipients_given and not any(raw.first(name) for name in _RECIPIENT_FIELDS):
        raise MimeError("Missing required header 'To'.")
    check_structure(raw.data, raw.fields, raw.body_start)


def header_mailboxes(raw: RawMessage, name: str) -> tuple[Mailbox, ...]:
    """Read the mailboxes of all fields of this name. Raises AddressError."""
    found: list[Mailbox] = []
    for field in raw.all(name):
        found.extend(parse_address_list(field.text))
    return tuple(found)


def header_recipients(raw: RawMessage) -> tuple[Mailbox, ...]:
    """Read the recipients of To, Cc and Bcc, for when the API names none. Raises AddressError."""
    return tuple(mailbox for name in _RECIPIENT_FIELDS for mailbox in header_mailboxes(raw, name))


def finish_raw(
    raw: RawMessage, *, date_ms: int, message_id: str, from_override: Mailbox | None = None
) -> bytes:
    """Write the message as it is sent: `finish_parts` in one."""
    parts = finish_parts(raw, date_ms=date_ms, message_id=message_id, from_override=from_override)
    return b"".join(parts)


def finish_parts(
    raw: RawMessage, *, date_ms: int, message_id: str, from_override: Mailbox | None = None
) -> tuple[bytes, memoryview, bytes]:
    """Give the message as it is sent (facts §3, §4): its head, blank line included, its body, which
    is a view of the caller's, and an end of line where the last line has none.

    Bcc, Return-Path, all X-SES-* and the caller's Date and Message-ID are gone, ours are last in
    the header section; MIME-Version and (from `from_override`) From are added if missing.
    Everything else stays octet for octet. `message_id` comes without angle brackets.
    """
    pieces = [
        raw.data[field.start : field.end] for field in raw.fields if not _is_removed(field.name)
    ]
    names = {field.name.lower() for field in raw.fields}
    if from_override is not None and "from" not in names:
        pieces.insert(0, address_line("From", (from_override,)))
    pieces.append(stamp_lines(date_ms, message_id))
    if "mime-version" not in names:
        pieces.append(b"MIME-Version: 1.0\r\n")
    pieces.append(b"\r\n")
    end = b"" if raw.data.endswith(b"\r\n") else b"\r\n"
    return b"".join(pieces), memoryview(raw.data)[raw.body_start :], end


def _is_removed(name: str) -> bool:
    lower = name.lower()
    return lower in _REMOVED or lower.startswith("x-ses-")
