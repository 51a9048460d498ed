"""The MIME parts of a mail that came back, read leniently (RFC 2045, RFC 2046 §5.1).

Takes any octets, hands on the parts from the outside in, in their order. What is broken is read as
far as it goes: a multipart that is not closed, an unknown charset, base64 with rubbish in it.
Bounded: octets looked at, depth, parts, octets decoded of one part; so the time is linear.
"""

import binascii
import html
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pillarbox.proto.mime.params import read_parameters
from pillarbox.proto.report.charset import to_text
from pillarbox.proto.report.header import Fields, read_header

MAX_OCTETS = 4 << 20
MAX_PARTS, MAX_DEPTH = 60, 8
MAX_HEADER = 128 << 10
MAX_TEXT = 256 << 10

#: Parts that hold another message's header section, with or without its body.
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/partial", "message/news"})
HEADERS_ONLY = frozenset(
    {
        "text/rfc822-headers",
        "text/rfc822-header",
        "message/rfc822-headers",
        "message/global-headers",
    }
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_BLOCK_TAG = re.compile(r"(?i)<(?:br|/?p|/?div|/?tr|/?table|/?li|/?h[1-6]|hr)\b[^<>]*>")
_HIDDEN = re.compile(r"(?is)<(style|script|title)\b[^<>]*>[^<]*</\1\s*>")
_TAG = re.compile(r"</?[A-Za-z!?][^<>@]*>|<!--[^<>]*-->")


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One part. `level`: how many messages it is enclosed in; `body`: still transfer-encoded."""

    kind: str
    parameters: dict[str, str]
    fields: Fields
    body: bytes
    level: int

    @property
    def returned(self) -> bool:
        """Whether it is the message that was returned, or in it."""
        return self.level > 0

    @property
    def octets(self) -> bytes:
        """The body without its transfer encoding, as far as it can be decoded."""
        encoding = self.fields.first("content-transfer-encoding").strip().lower()
        return _decode(self.body[:MAX_TEXT], encoding)

    @property
    def text(self) -> str:
        """The body as text, line ends as LF; HTML as what a reader sees of it."""
        return _visible(self.source) if self.kind == "text/html" else self.source

    @property
    def source(self) -> str:
        """The body as text, HTML as it is written."""
        return to_text(self.octets, self.parameters.get("charset", ""))


def read_parts(content: bytes) -> tuple[ReportPart, ...]:
    """Read a message and all parts in it; the first one is the message itself."""
    data = content[:MAX_OCTETS].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found: list[ReportPart] = []
    waiting = [(_part(data, level=0), 0)]
    while waiting and len(found) < MAX_PARTS:
        part, depth = waiting.pop()
        found.append(part)
        if depth < MAX_DEPTH:
            waiting.extend((child, depth + 1) for child in reversed(tuple(_children(part))))
    return tuple(found)


def _part(data: bytes, *, level: int, default: str = "text/plain") -> ReportPart:
    head, body = _split(data)
    fields = read_header(to_text(head[:MAX_HEADER], "").split("\n"))
    kind, parameters = read_parameters(fields.first("content-type") or default)
    return ReportPart(kind, parameters, fields, body, level)


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Split off the header section; without a blank line all is header."""
    if data.startswith(b"\n"):
        return b"", data[1:]
    at = data.find(b"\n\n")
    return (data, b"") if at < 0 else (data[: at + 1], data[at + 2 :])


def _children(part: ReportPart) -> Iterator[ReportPart]:
    if part.kind.startswith("multipart/"):
        default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
        boundary = part.parameters.get("boundary", "").strip()
        for piece in _pieces(part.body, boundary) if boundary else ():
            yield _part(piece, level=part.level, default=default)
    elif part.kind in _MESSAGES:
        yield _part(_inner(part), level=part.level + 1)
    elif part.kind in HEADERS_ONLY:
        yield _part(part.octets.lstrip(b"\n"), level=part.level + 1)


def _inner(part: ReportPart) -> bytes:
    """Give an enclosed message; some encode it although that is forbidden (RFC 2046 §5.2.1)."""
    encoding = part.fields.first("content-transfer-encoding").strip().lower()
    decoded = part.octets if encoding in {"base64", "quoted-printable"} else part.body
    return decoded.replace(b"\r\n", b"\n").lstrip(b"\n")


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """Cut a multipart at its delimiter lines; without a closing one the last piece runs on."""
    delimiter = b"\n--" + boundary.encode("utf-8", "replace")
    body = b"\n" + body
    at = body.find(delimiter)
    for _ in range(MAX_PARTS):
        if at < 0:
            return
        line_end = body.find(b"\n", at + 1)
        rest = body[at + len(delimiter) : line_end if line_end >= 0 else len(body)]
        if line_end < 0 or rest.startswith(b"--"):
            return
        following = body.find(delimiter, line_end)
        yield body[line_end + 1 : following if following >= 0 else len(body)]
        at = following


def _decode(body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        clean = _NOT_BASE64.sub(b"", body)
        try:
            return binascii.a2b_base64(clean[: len(clean) // 4 * 4] + _tail(clean))
        except binascii.Error:
            return body
    return quopri.decodestring(body) if encoding == "quoted-printable" else body


def _tail(clean: bytes) -> bytes:
    """Pad the last characters to a group of four; a single one holds no octet."""
    rest = clean[len(clean) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _visible(markup: str) -> str:
    """Take tags away; an address in angle brackets is no tag."""
    text = _HIDDEN.sub(" ", markup.replace("\n", " "))
    text = _TAG.sub(" ", _BLOCK_TAG.sub("\n", text))
    return html.unescape(text).replace("\xa0", " ")
