"""The token of an unsubscribe link: who of which contact list, and by which message.

Base64url of a MAC and what it is made over: HMAC-SHA-256, cut to 16 octets, over the host too, so
that nobody's link shows another account's page. The token says all itself: it works for as long as
its contact list does, also when the message is no longer kept. What is changed, cut, foreign or
spelled otherwise says nothing.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from pillarbox.proto.links.tracking_token import host_of

#: Below a tracking host, unsubscribe links are here.
UNSUBSCRIBE_PATH = "/u/"
MAX_LENGTH = 1024
_PURPOSE = b"pillarbox unsubscribe link\x00"
_VERSION = 1
_MAC, _FIXED = 16, 19


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeLink:
    """What a link says. `topic` None: the whole list. `position`: the recipient's."""

    account_id: str
    list_name: str
    topic: str | None
    address: str
    message_id: bytes
    position: int


def write_unsubscribe_url(link: UnsubscribeLink, base: str, key: bytes) -> str:
    """Write a link's URL below a base without a slash at its end."""
    names = (link.account_id, link.list_name, link.topic or "", link.address)
    body = b"%c%b%b%b" % (
        _VERSION,
        link.message_id,
        link.position.to_bytes(2, "big"),
        "\0".join(names).encode(),
    )
    return f"{base}{UNSUBSCRIBE_PATH}{_written(_mac(body, host_of(base), key) + body)}"


def read_unsubscribe_token(text: str, host: str, key: bytes) -> UnsubscribeLink | None:
    """Read the token from a request to this host; None for one that was not written for it.

    Raises nothing; constant time over the MAC.
    """
    if len(text) > MAX_LENGTH:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        mac, body = raw[:_MAC], raw[_MAC:]
        asked = host_of(f"//{host.removesuffix('.')}")
        if not hmac.compare_digest(mac, _mac(body, asked, key)) or _written(raw) != text:
            return None
        names = body[_FIXED:].decode().split("\0")
    except (UnicodeError, binascii.Error, ValueError):
        return None
    if body[:1] != b"%c" % _VERSION or len(names) != 4:
        return None
    return UnsubscribeLink(
        account_id=names[0],
        list_name=names[1],
        topic=names[2] or None,
        address=names[3],
        message_id=body[1:17],
        position=int.from_bytes(body[17:_FIXED], "big"),
    )


def _mac(body: bytes, host: str, key: bytes) -> bytes:
    named = host.encode("utf-8", "replace")
    signed = _PURPOSE + len(named).to_bytes(4, "big") + named + body
    return hmac.digest(key, signed, hashlib.sha256)[:_MAC]


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
