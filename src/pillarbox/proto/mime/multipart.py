"""Entities put together into one (RFC 2046 §5.1).

An entity is its Content-* fields and its encoded octets, lines ended by CRLF; so is the multipart
made of several.
"""

import re

from pillarbox.proto.mime.error import MimeError

Entity = tuple[bytes, bytes]
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")


def join_parts(subtype: str, parts: list[Entity], boundary: str) -> Entity:
    """Make a multipart of `subtype`.

    Raises MimeError for a boundary that can't stand in a header or occurs in a part.
    """
    if not _BOUNDARY.fullmatch(boundary):
        raise MimeError("The boundary can't stand in a header.")
    delimiter = b"--" + boundary.encode("ascii")
    if any(delimiter in octets for _, octets in parts):
        raise MimeError("The boundary occurs in the body.")
    field = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'
    pieces: list[bytes] = []
    for fields, octets in parts:
        pieces += (b"\r\n" if pieces else b"", delimiter, b"\r\n", fields, b"\r\n", octets)
    pieces += (b"\r\n", delimiter, b"--\r\n")
    return field.encode("ascii"), b"".join(pieces)
