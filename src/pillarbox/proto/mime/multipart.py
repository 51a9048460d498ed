"""Entities put together into one (RFC 2046 §5.1).

An entity is its Content-* fields and its encoded octets, lines ended by CRLF; so is the multipart
made of several.
"""

import re
from collections.abc import Sequence

from pillarbox.proto.mime.error import MimeError

Entity = tuple[bytes, bytes]
#: An entity whose octets are in pieces: large ones are not copied each time something goes around
#: them.
Pieces = tuple[bytes, Sequence[bytes]]
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")


def join_parts(subtype: str, parts: list[Entity], boundary: str) -> Entity:
    """Make a multipart of `subtype`.

    Raises MimeError for a boundary that can't stand in a header or occurs in a part.
    """
    field, pieces = lay_out(subtype, [(fields, (octets,)) for fields, octets in parts], boundary)
    return field, b"".join(pieces)


def lay_out(subtype: str, parts: Sequence[Pieces], boundary: str) -> Pieces:
    """Make a multipart of entities in pieces, whose octets are not copied: see `join_parts`."""
    if not _BOUNDARY.fullmatch(boundary):
        raise MimeError("The boundary can't stand in a header.")
    delimiter = b"--" + boundary.encode("ascii")
    # A delimiter has no line end in it, and pieces meet at one: none begins in one piece and ends
    # in the next.
    if any(delimiter in piece for _, octets in parts for piece in octets):
        raise MimeError("The boundary occurs in the body.")
    field = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'
    pieces: list[bytes] = []
    for fields, octets in parts:
        pieces += (b"\r\n" if pieces else b"", delimiter, b"\r\n", fields, b"\r\n", *octets)
    pieces += (b"\r\n", delimiter, b"--\r\n")
    return field.encode("ascii"), pieces
