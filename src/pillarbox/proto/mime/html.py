"""The HTML parts of a message that a reader's program shows as the message (RFC 2046, RFC 2183).

Takes a message with CRLF line ends; hands on each such part with its octets decoded (RFC 2045 §6)
and its links found. Left alone: attachments and parts with a file name, messages in the message,
and what is signed or encrypted, which a change would break (RFC 1847, RFC 8551, RFC 3156). A part
that can't be decoded without doubt is no part here. Never raises.
"""

import binascii
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from pillarbox.proto.html.links import Findings, find_links
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import HeaderField, read_fields
from pillarbox.proto.mime.octet_text import OctetText, view_octets
from pillarbox.proto.mime.params import file_names, read_parameters
from pillarbox.proto.mime.structure import (
    Budget,
    Part,
    first_texts,
    read_parts,
    transfer_encoding,
)

_SEALED = frozenset({"multipart/signed", "multipart/encrypted"})
_HTML = frozenset({"text/html"})
_TEXTS = frozenset({"text/html", "text/plain"})
_DEFAULT_TYPE = "text/plain"  # RFC 2045 §5.2
_IDENTITY = frozenset({"7bit", "8bit", "binary"})
_PADDED_BREAK = re.compile(rb"=[ \t]+(?:\r\n|\Z)")  # RFC 2045 §6.7 (3); a2b_qp does not know it
_ANGLES = re.compile(r"<([^<>]*)>")
_ARMOUR = "-----BEGIN PGP "


@dataclass(frozen=True, slots=True)
class HtmlPart:
    """An HTML part: where its header and body stand, its octets decoded, what was found in them.

    `ends_line`: the body, as it is encoded, ends in CRLF.
    """

    fields: tuple[HeaderField, ...]
    start: int
    end: int
    encoding: str
    ends_line: bool
    octets: bytes
    view: OctetText
    found: Findings


def find_html_parts(message: bytes) -> list[HtmlPart]:
    """Find the HTML parts of a message and their links, counted over all of them."""
    parts: list[HtmlPart] = []
    first = 0
    try:
        head = message.index(b"\r\n\r\n") + 2
        fields = read_fields(message, 0, head)
        spared = _unsubscribe_targets(fields)
        for part in _walk(message, (fields, head + 2, len(message), 0)):
            one = _read_html(message, part, first, spared)
            if one is not None:
                first += len(one.found.links)
                parts.append(one)
    except (MimeError, ValueError):
        return parts
    return parts


def find_text_parts(message: bytes) -> list[HtmlPart]:
    """Find the parts in plain text and HTML that are shown; what is in them is not looked for."""
    parts: list[HtmlPart] = []
    try:
        head = message.index(b"\r\n\r\n") + 2
        whole = (read_fields(message, 0, head), head + 2, len(message), 0)
        for part in _walk(message, whole, _TEXTS):
            one = _read_text(message, part)
            if one is not None:
                parts.append(one)
    except (MimeError, ValueError):
        return parts
    return parts


def _walk(data: bytes, whole: Part, wanted: AbstractSet[str] = _HTML) -> Iterator[Part]:
    """Give the parts that hold something, in their order, but those in what is sealed."""
    budget = Budget()
    waiting = [whole]
    while waiting:
        part = waiting.pop()
        budget.spend_part()
        kind, parameters = read_parameters(first_texts(part[0]).get("content-type", _DEFAULT_TYPE))
        if kind in _SEALED:
            continue
        if kind.startswith("multipart/"):
            waiting.extend(reversed(list(read_parts(data, part, parameters, budget))))
        elif kind in wanted:
            yield part


def _read_html(data: bytes, part: Part, first: int, spared: AbstractSet[str]) -> HtmlPart | None:
    """Decode an HTML part and find what is in it; None when it is left alone."""
    read = _read_text(data, part)
    if read is None:
        return None
    return replace(read, found=find_links(read.view.text, first=first, spared=spared))


def _read_text(data: bytes, part: Part) -> HtmlPart | None:
    """Decode a part; None when it is left alone."""
    fields, start, end, _ = part
    texts = first_texts(fields)
    parameters = read_parameters(texts.get("content-type", ""))[1]
    disposition, shown_as = read_parameters(texts.get("content-disposition", ""))
    if disposition == "attachment" or file_names({}, shown_as):
        return None
    encoding = transfer_encoding(texts)
    octets = _decode(data[start:end], encoding)
    view = None if octets is None else view_octets(octets, parameters.get("charset", "us-ascii"))
    if octets is None or view is None or _ARMOUR in view.text:
        return None
    ends_line = data.endswith(b"\r\n", start, end)
    return HtmlPart(fields, start, end, encoding, ends_line, octets, view, Findings())


def _decode(body: bytes, encoding: str) -> bytes | None:
    """Undo a transfer encoding; None where programs would not agree on what it says."""
    if encoding in _IDENTITY:
        return body
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_PADDED_BREAK.sub(b"=\r\n", body))
    if encoding != "base64":
        return None
    try:
        return binascii.a2b_base64(body.translate(None, b"\r\n\t "), strict_mode=True)
    except binascii.Error:
        return None


def _unsubscribe_targets(fields: tuple[HeaderField, ...]) -> frozenset[str]:
    """Give the targets of List-Unsubscribe (RFC 2369 §3.2), which stay as they are in the body."""
    texts = [field.text for field in fields if field.name.lower() == "list-unsubscribe"]
    found = (_ANGLES.findall(re.sub(r"\s", "", text)) for text in texts)
    return frozenset(target for targets in found for target in targets)
