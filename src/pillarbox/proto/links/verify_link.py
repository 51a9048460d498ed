"""The token of a verification link: which address, for which account, since when.

Base64url of a MAC and what it is made over; a changed or foreign token says nothing. The MAC is
HMAC-SHA-256 cut to 16 octets.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

_MAC, _TIME = 16, 6
_CONTEXT = b"pillarbox verification link\0"
MAX_LENGTH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyLink:
    """What a link confirms. `issued_at`: milliseconds since the epoch.

    `template`: the custom mail that it stands in, which says where its reader is led on to.
    """

    account_id: str
    address: str
    issued_at: int
    template: str | None = None


def encode(link: VerifyLink, key: bytes) -> str:
    """Write a link's token."""
    names = [link.account_id, link.address, *([link.template] if link.template else [])]
    body = link.issued_at.to_bytes(_TIME, "big") + "\0".join(names).encode()
    return base64.urlsafe_b64encode(_mac(body, key) + body).rstrip(b"=").decode("ascii")


def decode(token: str, key: bytes) -> VerifyLink | None:
    """Read a token, None for one that this key did not sign."""
    if len(token) > MAX_LENGTH:
        return None
    try:
        raw = base64.b64decode(
            token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True
        )
    except (UnicodeError, binascii.Error):
        return None
    mac, body = raw[:_MAC], raw[_MAC:]
    if not hmac.compare_digest(mac, _mac(body, key)):
        return None
    account_id, address, *more = body[_TIME:].decode().split("\0")
    return VerifyLink(
        account_id=account_id,
        address=address,
        issued_at=int.from_bytes(body[:_TIME], "big"),
        template=more[0] if more else None,
    )


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _CONTEXT + body, hashlib.sha256)[:_MAC]
