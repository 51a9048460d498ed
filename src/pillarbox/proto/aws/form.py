"""Forms as browsers and AWS clients post them: `application/x-www-form-urlencoded` (URL Standard
§5.1).

Takes a body; hands on names and values, unescaped. Strict, so that no two readers of one form can
differ: what is not printable ASCII with whole percent escapes is refused. Linear in time and in
memory; the number of parameters and the length of names are bounded.
"""

import binascii
import re
from collections.abc import Iterator

from pillarbox.proto.aws.json_refusal import SerializationRefusal

Value = bytes | bytearray

MAX_PARAMETERS = 10_000
MAX_NAME = 512
_CHUNK = 256 * 1024
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ALLOWED = bytes(range(0x21, 0x7F))


def read_form(body: bytes | bytearray) -> Iterator[tuple[str, Value]]:
    """Read the parameters of a form, unescaped. Raises SerializationRefusal."""
    if body.count(b"&") >= MAX_PARAMETERS:
        raise SerializationRefusal(f"The request has more than {MAX_PARAMETERS} parameters.")
    view, start = memoryview(body), 0
    while start <= len(body):
        end = body.find(b"&", start)
        end = len(body) if end < 0 else end
        equals = body.find(b"=", start, end)
        equals = end if equals < 0 else equals
        if equals - start > MAX_NAME:
            raise SerializationRefusal("The name of a parameter is too long.")
        if equals > start:
            name = _name(view[start:equals])
            yield name, _unescape(view[equals + 1 : end])
        elif end > start:
            raise SerializationRefusal("A parameter has no name.")
        start = end + 1


def _name(piece: memoryview) -> str:
    try:
        return _unescape(piece).decode()
    except UnicodeDecodeError:
        raise SerializationRefusal("The name of a parameter is not UTF-8.") from None


def _unescape(piece: memoryview) -> Value:
    """Undo the escapes of a name or value; a large one in chunks, so that it is there once only."""
    if len(piece) <= _CHUNK:
        return _unescape_chunk(bytes(piece))
    whole, start = bytearray(), 0
    while start < len(piece):
        end = start + _CHUNK
        while b"%" in bytes(piece[end - 2 : end]):  # an escape is not cut
            end += 1
        whole += _unescape_chunk(bytes(piece[start:end]))
        start = end
    return whole


def _unescape_chunk(raw: bytes) -> bytes:
    """Undo escapes by way of quoted-printable (RFC 2045 §6.7), which differs in its sign alone.

    That is decoded at once; urllib makes a list of all pieces, which takes seconds and many times
    the memory for megabytes of escapes.
    """
    if raw.translate(None, _ALLOWED) or (b"%" in raw and _BROKEN_ESCAPE.search(raw)):
        raise SerializationRefusal("An escape is broken, or a character is not allowed.")
    raw = raw.replace(b"+", b" ")
    if b"%" not in raw:
        return raw
    return binascii.a2b_qp(raw.replace(b"=", b"=3D").replace(b"%", b"="))
