"""Putting tracked URLs into the HTML parts of a message, each in its own charset and encoding.

Takes a message, its HTML parts and what to change in them; hands on the message in pieces, with a
`Hole` wherever the recipients' copies differ. A hole's octets stand apart from what is around them
(on a line of their own in base64, between soft line breaks in quoted-printable, RFC 2045 §6), so
that a recipient's copy is made by filling holes, without encoding anything else again. Lines stay
within their limits; a part whose lines would not becomes quoted-printable.
"""

import binascii
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pillarbox.proto.links.tracking_token import VARYING, TokenMold
from pillarbox.proto.mime.body import find_long_line, write_base64, write_quoted_printable
from pillarbox.proto.mime.html import HtmlPart

_QP_LINE = 75  # and the `=` of a soft line break
_SOFT = b"=\r\n"


class Hole(NamedTuple):
    """Where the characters stand that differ between recipients.

    `lead` and `trail`: octets around them that base64 encodes together with them. `codec`: None
    where the characters go in as they are.
    """

    mold: TokenMold
    lead: bytes = b""
    trail: bytes = b""
    codec: str | None = None

    def fill(self, position: bytes) -> bytes:
        """Give the octets for a recipient, the position as two octets."""
        varying = self.mold.varying(position)
        if self.codec is None:
            return varying
        if self.codec != "ascii":
            varying = varying.decode("ascii").encode(self.codec)
        return binascii.b2a_base64(self.lead + varying + self.trail, newline=False)


Piece = bytes | Hole


class Edit(NamedTuple):
    """A change: the characters from `start` to `end` of the part's text become these pieces.

    Octets in them are ASCII; after a hole come at least two.
    """

    start: int
    end: int
    pieces: tuple[Piece, ...] = ()


def splice(message: bytes, changes: Iterable[tuple[HtmlPart, Sequence[Edit]]]) -> list[Piece]:
    """Change parts of a message; parts and edits come in their order and don't overlap.

    No two octet strings stand side by side in what comes back.
    """
    pieces: list[Piece] = []
    at = 0
    for part, edits in changes:
        encoding, body = _encode(part, _merge(_edited(part, edits)))
        if encoding != part.encoding:
            start, end = _encoding_field(part)
            field = f"Content-Transfer-Encoding: {encoding}\r\n".encode("ascii")
            pieces += (message[at:start], field)
            at = end
        pieces += (message[at : part.start], *body)
        at = part.end
    pieces.append(message[at:])
    return _merge(pieces)


def _edited(part: HtmlPart, edits: Sequence[Edit]) -> list[Piece]:
    """Give the part's octets, decoded still, with the edits in them."""
    unit, codec = part.view.unit, part.view.codec
    pieces: list[Piece] = []
    at = 0
    for edit in edits:
        pieces.append(part.octets[at : edit.start * unit])
        for piece in edit.pieces:
            if unit > 1 and isinstance(piece, bytes):
                piece = piece.decode("ascii").encode(codec)  # noqa: PLW2901
            pieces.append(piece)
        at = edit.end * unit
    pieces.append(part.octets[at:])
    return pieces


def _encode(part: HtmlPart, pieces: list[Piece]) -> tuple[str, list[Piece]]:
    """Encode a part as it was; as quoted-printable or base64 where it could not be so any more."""
    if part.encoding == "base64" or part.view.unit > 1:
        return "base64", _write_base64(part, pieces)
    if part.encoding == "quoted-printable" or _has_long_line(pieces):
        return "quoted-printable", _write_quoted_printable(part.octets, pieces)
    return part.encoding, pieces


def _merge(pieces: Iterable[Piece]) -> list[Piece]:
    """Join octet strings that stand side by side."""
    merged: list[Piece] = []
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, Hole):
            merged += (b"".join(run), piece)
            run = []
        else:
            run.append(piece)
    merged.append(b"".join(run))
    return merged


def _has_long_line(pieces: list[Piece]) -> bool:
    sample = (b"x" * VARYING if isinstance(piece, Hole) else piece for piece in pieces)
    return find_long_line(b"".join(sample)) is not None


def _encoding_field(part: HtmlPart) -> tuple[int, int]:
    """Give where the Content-Transfer-Encoding field stands, or where one can."""
    for field in part.fields:
        if field.name.lower() == "content-transfer-encoding":
            return field.start, field.end
    return part.start - 2, part.start - 2  # before the blank line


def _write_quoted_printable(whole: bytes, pieces: list[Piece]) -> list[Piece]:
    """Encode the octets before, between and after holes, each hole followed by a soft break."""
    octets, holes = _apart(pieces)
    # A lone CR or LF must come back as it is: then all line ends are written as octets.
    plain = whole.count(b"\r\n") == whole.count(b"\r") == whole.count(b"\n")
    encode = write_quoted_printable if plain else _write_all_quoted
    written: list[Piece] = []
    for one, hole in zip(octets, holes, strict=False):
        encoded = encode(one)
        column = len(encoded) - encoded.rfind(b"\n") - 1
        if column > _QP_LINE:  # full, without a soft break; the last 24 are a token's, none quoted
            encoded = encoded[:-1] + _SOFT + encoded[-1:]
            column = 1
        written += (encoded, _SOFT if column + VARYING > _QP_LINE else b"", hole, _SOFT)
    written.append(encode(octets[-1]))
    return written


def _write_all_quoted(octets: bytes) -> bytes:
    soft = binascii.b2a_qp(octets, istext=False)
    return soft.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _write_base64(part: HtmlPart, pieces: list[Piece]) -> list[Piece]:
    """Encode in base64, each hole on a line of its own with what fills its last three octets."""
    octets, holes = _apart(pieces)
    size, carry = VARYING * part.view.unit, octets[0]
    written: list[Piece] = []
    for hole, after in zip(holes, octets[1:], strict=True):
        cut = len(carry) - len(carry) % 3
        wanted = -(len(carry) - cut + size) % 3
        around = Hole(hole.mold, carry[cut:], after[:wanted], part.view.codec)
        written += (write_base64(carry[:cut]), around, b"\r\n")
        carry = after[wanted:]
    written.append(write_base64(carry).removesuffix(b"\r\n"))
    if part.ends_line:
        written.append(b"\r\n")
    return written


def _apart(pieces: list[Piece]) -> tuple[list[bytes], list[Hole]]:
    """Give the octet strings of merged pieces, and the holes between them."""
    octets = [piece for piece in pieces if not isinstance(piece, Hole)]
    return octets, [piece for piece in pieces if isinstance(piece, Hole)]
