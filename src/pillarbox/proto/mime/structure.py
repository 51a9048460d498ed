"""The MIME structure of a raw message, checked (RFC 2045, RFC 2046 §5.1).

Takes the octets and where the body starts; raises MimeError where a part is not formed properly: a
multipart without a boundary or not closed, a part without its blank line, an encoding that the body
doesn't hold, an attachment that mail services don't carry. Offsets only, nothing is copied; depth,
parts and time are bounded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pillarbox.proto.mime.attachment_types import check_file_name
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import HeaderField, read_fields
from pillarbox.proto.mime.params import MIME_ATOM, file_names, read_parameters

MAX_DEPTH, MAX_PARTS, MAX_LOOKALIKES = 20, 500, 10_000
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? !#$%&*;<>@\[\]^`{|}~-]{1,70}")
_ENCODINGS = frozenset({"7bit", "8bit", "binary", "base64", "quoted-printable"})
_BASE64_OCTETS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n\t "
_QP_BAD = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r\n|[ \t]*\Z)")
_DISPOSITION = re.compile(rf"[ \t]*{MIME_ATOM}")
_BLOCK = 1 << 20


@dataclass(slots=True)
class Budget:
    """What one message may still cost."""

    parts: int = MAX_PARTS
    lookalikes: int = MAX_LOOKALIKES

    def spend_part(self) -> None:
        """Count a part. Raises MimeError for one too many."""
        self.parts -= 1
        if self.parts < 0:
            raise MimeError(f"The message has more than {MAX_PARTS} MIME parts.")

    def spend_lookalike(self) -> None:
        """Count a line that looks like a delimiter. Raises MimeError for one too many."""
        self.lookalikes -= 1
        if self.lookalikes < 0:
            raise MimeError("The message has too many lines that look like a boundary.")


#: Fields, start and end of the body, depth.
Part = tuple[tuple[HeaderField, ...], int, int, int]


def check_structure(data: bytes, fields: tuple[HeaderField, ...], body_start: int) -> None:
    """Check the parts of a message with CRLF line ends, from the outside in. Raises MimeError."""
    budget = Budget()
    waiting: list[Part] = [(fields, body_start, len(data), 0)]
    while waiting:
        part = waiting.pop()
        budget.spend_part()
        waiting.extend(_check_part(data, part, budget))


def _check_part(data: bytes, part: Part, budget: Budget) -> Iterator[Part]:
    """Check one part and give the parts in it."""
    fields, start, end, _ = part
    texts = first_texts(fields)
    kind, parameters = read_parameters(texts.get("content-type", "text/plain"))
    if "/" not in kind:
        raise MimeError("A Content-Type header has no type and subtype.")
    disposition = _check_disposition(texts)
    for name in file_names(parameters, disposition):
        check_file_name(name)
    if not kind.startswith("multipart/"):
        _check_encoding(data, start, end, transfer_encoding(texts))
        return
    yield from read_parts(data, part, parameters, budget)


def first_texts(fields: tuple[HeaderField, ...]) -> dict[str, str]:
    """Give the text of the first field of each name, by its name in lower case."""
    texts: dict[str, str] = {}
    for field in fields:
        texts.setdefault(field.name.lower(), field.text)
    return texts


def transfer_encoding(texts: dict[str, str]) -> str:
    """Name a part's transfer encoding, in lower case."""
    written = texts.get("content-transfer-encoding", "7bit")
    return written.partition("(")[0].strip(" \t;").lower()


def read_parts(
    data: bytes, part: Part, parameters: dict[str, str], budget: Budget
) -> Iterator[Part]:
    """Read the parts of a multipart with these parameters of its Content-Type.

    Raises MimeError where it is not formed properly.
    """
    _, start, end, depth = part
    if depth >= MAX_DEPTH:
        raise MimeError("The MIME parts of the message are nested too deeply.")
    boundary = parameters.get("boundary", "").rstrip(" ")
    if not _BOUNDARY.fullmatch(boundary):
        raise MimeError("A multipart has no usable boundary.")
    # The CRLF before the first delimiter may be the one that ends the header section.
    for child_start, child_end in _split_multipart(data, start - 2, end, boundary, budget):
        yield _read_part(data, child_start, child_end, depth + 1)


def _check_disposition(texts: dict[str, str]) -> dict[str, str]:
    text = texts.get("content-disposition")
    if text is None:
        return {}
    if not _DISPOSITION.match(text):
        raise MimeError(f"Expected disposition, got {text[:1] or 'null'}")
    return read_parameters(text)[1]


def _check_encoding(data: bytes, start: int, end: int, encoding: str) -> None:
    if encoding not in _ENCODINGS and not encoding.startswith("x-"):
        raise MimeError("A Content-Transfer-Encoding header has an unknown value.")
    if encoding == "base64":
        for at in range(start, end, _BLOCK):
            if data[at : min(at + _BLOCK, end)].translate(None, _BASE64_OCTETS):
                raise MimeError("A part declared base64 has characters outside base64.")
    if encoding == "quoted-printable" and _QP_BAD.search(data, start, end):
        raise MimeError("A part declared quoted-printable has a '=' that encodes nothing.")


def _split_multipart(
    data: bytes, start: int, end: int, boundary: str, budget: Budget
) -> Iterator[tuple[int, int]]:
    """Find the parts between delimiter lines (§5.1.1), without the CRLF of the next delimiter."""
    delimiter = b"\r\n--" + boundary.encode("ascii")
    open_at: int | None = None
    position = start
    while True:
        found = data.find(delimiter, position, end)
        if found < 0:
            raise MimeError("A multipart is not closed by its boundary.")
        after = found + len(delimiter)
        closing = data.startswith(b"--", after, end)
        line_end = _delimiter_end(data, after + 2 * closing, end)
        position = after
        if line_end is None:
            budget.spend_lookalike()
            continue
        if open_at is not None:
            yield open_at, max(open_at, found)
        if closing:
            break
        budget.spend_part()
        budget.parts += 1
        open_at = line_end
        position = line_end - 2
    if open_at is None:
        raise MimeError("A multipart has no part.")


def _delimiter_end(data: bytes, position: int, end: int) -> int | None:
    """Give where the line after a delimiter starts; None when text follows the delimiter."""
    while position < end and data[position] in b" \t":
        position += 1
    if position >= end:
        return end
    return position + 2 if data.startswith(b"\r\n", position) else None


def _read_part(data: bytes, start: int, end: int, depth: int) -> Part:
    """Read the header of a body part; it may be empty, its blank line may not be missing."""
    if data.startswith(b"\r\n", start, end + 2):
        return (), min(start + 2, end), end, depth
    blank = data.find(b"\r\n\r\n", start, end + 2)
    if blank < 0:
        raise MimeError("A MIME part has no blank line between header and body.")
    return read_fields(data, start, blank + 2), min(blank + 4, end), end, depth
