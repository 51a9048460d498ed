"""Transfer encodings of text parts (RFC 2045 §6), chosen and written.

Takes a text and its charset; hands on the part's header fields and its encoded octets, lines ended
by CRLF. The choice is the smallest of what is safe: 7bit, else quoted-printable or base64.
"""

import binascii

from pillarbox.proto.mime.charsets import encode_text
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import MAX_LINE

_PRINTABLE = bytes(octet for octet in range(0x20, 0x7F) if octet != 0x3D) + b"\t\r\n"
_B64_LINE = 76
_B64_BLOCK = 57 * 16 * 1024  # whole lines


def encode_part(kind: str, text: str, charset: str | None) -> tuple[bytes, bytes]:
    """Encode a text part of the media type `kind`: its Content-* fields, and its octets.

    Raises MimeError for NUL, an unknown charset, or text that it can't encode.
    """
    if "\x00" in text:
        raise MimeError("The body contains NUL.")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    octets, label = encode_text(text.replace("\n", "\r\n"), charset)
    name, encoded = choose_encoding(octets)
    fields = f"Content-Type: {kind}; charset={label}\r\nContent-Transfer-Encoding: {name}\r\n"
    return fields.encode("ascii"), encoded


def choose_encoding(octets: bytes) -> tuple[str, bytes]:
    """Choose the smallest safe transfer encoding and encode octets whose lines end in CRLF.

    Gives the encoding's name and the encoded octets.
    """
    if octets.isascii() and find_long_line(octets) is None:
        return "7bit", octets
    escaped = len(octets.translate(None, _PRINTABLE))
    if escaped * 5 < len(octets):  # three octets for each of them, against a third more for all
        return "quoted-printable", write_quoted_printable(octets)
    return "base64", write_base64(octets)


def find_long_line(data: bytes, limit: int = MAX_LINE) -> int | None:
    """Find the start of a line longer than `limit` octets, CRLF not counted, or None.

    Jumps from window to window of one line's length, so it is linear and quick on large bodies.
    """
    position, end = 0, len(data)
    window = limit + 2
    while end - position > limit:
        newline = data.rfind(b"\n", position, position + window)
        if newline < 0:
            if end - position == limit + 1 and data.endswith(b"\r"):
                return None
            return position
        position = newline + 1
    return None


def write_base64(octets: bytes) -> bytes:
    """Write base64 in lines of 76 (§6.8)."""
    if len(octets) <= _B64_BLOCK:
        return _write_base64_lines(octets)
    # A line is an object of its own on the way: those of a large file would take twice its size.
    view = memoryview(octets)
    starts = range(0, len(octets), _B64_BLOCK)
    return b"".join(_write_base64_lines(view[at : at + _B64_BLOCK]) for at in starts)


def _write_base64_lines(octets: bytes | memoryview) -> bytes:
    text = binascii.b2a_base64(octets, newline=False)
    lines = [text[at : at + _B64_LINE] for at in range(0, len(text), _B64_LINE)]
    lines.append(b"")
    return b"\r\n".join(lines)


def write_quoted_printable(octets: bytes) -> bytes:
    """Write quoted-printable (§6.7) of octets whose lines end in CRLF."""
    written = binascii.b2a_qp(octets, istext=True)
    if b"\n" not in octets:  # b2a_qp takes its line ends from the input
        written = written.replace(b"\n", b"\r\n")
    return written
