"""Header lines: written folded and safe, read with their offsets (RFC 5322 §2.2).

Takes names and texts, hands on lines of octets under 998 (aim 78) that end in CRLF; or takes a
header section's octets and hands on its fields. CR, LF and NUL in a text are refused: this is where
header injection ends.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pillarbox.proto.mime.addresses import Mailbox
from pillarbox.proto.mime.encoded_words import encode_words
from pillarbox.proto.mime.error import MimeError

MAX_LINE = 998  # RFC 5322 §2.1.1, without CRLF
_AIM = 78
_WORD_WIDTH = 66  # beside `Subject: ` within the 76 of RFC 2047 §2
_FORBIDDEN = re.compile(r"[\r\n\x00]")
_PLAIN = re.compile(r"[!-~]+(?: +[!-~]+)*")
_NAME = re.compile(r"[!-9;-~]+")
_NAME_OCTETS = re.compile(rb"([!-9;-~]+)[ \t]*:")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One field as it stands: name, all octets after the colon, where it starts and ends."""

    name: str
    value: bytes
    start: int
    end: int

    @property
    def text(self) -> str:
        """The value unfolded and trimmed, octets above 127 read as UTF-8 or else as ISO-8859-1."""
        flat = self.value.replace(b"\r\n", b"").strip(b" \t")
        try:
            return flat.decode("utf-8")
        except UnicodeDecodeError:
            return flat.decode("latin-1")


def check_header_name(name: str) -> None:
    """Refuse what is no field name (§3.6.8). Raises MimeError."""
    if not name:
        raise MimeError("The header name must be specified.")
    if not _NAME.fullmatch(name):
        raise MimeError("The header name contains an illegal character.")


def text_line(name: str, text: str, charset: str | None = None) -> bytes:
    """Write an unstructured field.

    ASCII, already encoded words too, stays as it is; the rest becomes encoded words.

    Raises MimeError for CR, LF or NUL, an unknown charset, or text that it can't encode.
    """
    if _FORBIDDEN.search(text):
        raise MimeError(f"The header '{name}' contains a line break or NUL.")
    if text and not _PLAIN.fullmatch(text):
        return _fold(name, [" " + word for word in encode_words(text, charset, width=_WORD_WIDTH)])
    if charset is not None:
        encode_words("", charset)  # an unknown charset is refused though the text needs none
    if len(name) + 2 + len(text) <= _AIM:
        return f"{name}: {text}\r\n".encode("ascii")
    pieces = re.findall(" *[^ ]+", " " + text)
    if max(map(len, pieces)) > MAX_LINE:
        return _fold(name, [" " + word for word in encode_words(text, charset, width=_WORD_WIDTH)])
    return _fold(name, pieces)


def address_line(name: str, mailboxes: Iterable[Mailbox]) -> bytes:
    """Write an address field, folded between mailboxes and inside long display names."""
    pieces: list[str] = []
    for mailbox in mailboxes:
        if pieces:
            pieces[-1] += ","
        pieces.extend(" " + token for token in mailbox.header_tokens())
    return _fold(name, pieces)


def _fold(name: str, pieces: list[str]) -> bytes:
    """Lay out pieces, each with its leading white space, ending lines before column 78."""
    out = [name, ":"]
    column = len(name) + 1
    first = True
    for piece in pieces:
        wide = column + len(piece) > (MAX_LINE if first and len(name) < _AIM // 2 else _AIM)
        if wide:
            out.append("\r\n")
            column = 0
        out.append(piece)
        column += len(piece)
        first = False
    out.append("\r\n")
    return "".join(out).encode("ascii")


def format_date(date_ms: int) -> str:
    """Write a moment as a Date field has it, in UTC (§3.3): `Tue, 11 Oct 2016 12:38:56 +0000`."""
    at = _EPOCH + timedelta(milliseconds=date_ms)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02d} {month} {at.year:04d} {at:%H:%M:%S} +0000"


def stamp_lines(date_ms: int, message_id: str) -> bytes:
    """Write the fields that are always ours: Date and Message-ID.

    `message_id` comes without angle brackets.
    """
    if not re.fullmatch(r"[!-;=?-~]{1,900}", message_id):
        raise MimeError("The message id can't stand in a header.")
    return f"Date: {format_date(date_ms)}\r\nMessage-ID: <{message_id}>\r\n".encode("ascii")


def read_fields(data: bytes, start: int, end: int) -> tuple[HeaderField, ...]:
    """Read the fields of the header section `data[start:end]`; each line in it ends in CRLF.

    Raises MimeError for a line that is neither a field nor the continuation of one.
    """
    fields: list[HeaderField] = []
    position = start
    while position < end:
        stop = _field_end(data, position, end)
        match = _NAME_OCTETS.match(data, position, stop)
        if match is None:
            raise MimeError("The header section has a line that is no header.")
        name = match[1].decode("ascii")
        fields.append(HeaderField(name, data[match.end() : stop - 2], position, stop))
        position = stop
    return tuple(fields)


def _field_end(data: bytes, position: int, end: int) -> int:
    """Find where a field ends: after the first CRLF that no white space follows."""
    while True:
        newline = data.find(b"\r\n", position, end)
        if newline < 0:
            return end
        position = newline + 2
        if position >= end or data[position] not in b" \t":
            return position
