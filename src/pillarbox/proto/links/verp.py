"""Variable envelope return paths (VERP): a bounce says which recipient's it is.

Takes a message's row id and the recipient's index, hands on a local part of 45 lower-case base32
characters (RFC 4648 §6), and reads it back from whatever case a bounce brings it in (design §8).
The MAC makes it unforgeable.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

_ID, _INDEX, _MAC = 16, 2, 10
_LENGTH = 45  # of the 28 octets in base32 without padding
_PURPOSE = b"pillarbox return path\x00"


def encode(row_id: bytes, index: int, key: bytes) -> str:
    """Write the local part of a recipient's return path.

    Raises ValueError for a row id or index out of range.
    """
    if len(row_id) != _ID or not 0 <= index < 1 << 16:
        raise ValueError("a return path takes a row id of 16 octets and an index under 65536")
    body = row_id + index.to_bytes(_INDEX, "big")
    return _write(body + _mac(body, key))


def decode(local_part: str, keys: Sequence[bytes]) -> tuple[bytes, int] | None:
    """Read a return path's local part; None unless one of the keys made it.

    Constant time over the MAC.
    """
    text = local_part.lower()
    if len(text) != _LENGTH or not text.isascii():
        return None
    try:
        octets = base64.b32decode(text.upper() + "===")
    except ValueError:
        return None
    if _write(octets) != text:  # the spare bit of the last character: one spelling only
        return None
    body, mac = octets[: _ID + _INDEX], octets[_ID + _INDEX :]
    genuine = False
    for key in keys:
        genuine |= hmac.compare_digest(mac, _mac(body, key))
    return (body[:_ID], int.from_bytes(body[_ID:], "big")) if genuine else None


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + body, hashlib.sha256)[:_MAC]


def _write(octets: bytes) -> str:
    return base64.b32encode(octets).decode("ascii").rstrip("=").lower()
