"""Tracking tokens: what a tracked URL says, signed (design §7, RFC 2104, RFC 4648 §5).

Takes a TrackingToken, the host whose URL it stands in and a key; hands on its one and only text,
and reads it back from whatever comes. In octets:

    1  version (4 bits), tagged (1), free (1), kind (2): pixel, http, https, a target written whole
    1  id of the key
    16 message id
    2  position of the recipient
    2  index of the link, 0 for the pixel
    11 HMAC-SHA-256, cut
    n  target, without its scheme where the kind names it

The MAC is over the host too, so that a token is worth nothing on another one. What differs from
recipient to recipient is 20 characters in the middle, on a boundary of base64: a `TokenMold` keeps
all the rest of one link, so that rendering a recipient is one short hash a link.
"""

import base64
import hashlib
import hmac
import re
from binascii import b2a_base64
from collections.abc import Callable
from urllib.parse import urlsplit

from pillarbox.model.tracking import TokenKey, TrackingToken
from pillarbox.proto.links.web_target import MAX_TARGET, is_web_target

#: Below a tracking host, the pixel is at the first and links are at the second.
PIXEL_PATH, LINK_PATH = "/o/", "/c/"
#: How many characters of a token differ between the recipients of one message.
VARYING = 20

_VERSION = 1
_TAGGED, _FREE = 0x08, 0x04
_PIXEL, _HTTP, _HTTPS, _WHOLE = range(4)
_SCHEMES = {_HTTP: "http://", _HTTPS: "https://", _WHOLE: ""}
_HEAD, _FIXED, _MAC = 18, 33, 11
_PURPOSE = b"pillarbox tracking token\x00"
_TEXT = re.compile(r"[A-Za-z0-9_-]{44,}")
_LONGEST = (_FIXED + MAX_TARGET) * 4 // 3 + 2
_DEFAULT_PORT = re.compile(r":(?:80|443)\Z")
_BLOCK = 64  # of SHA-256
_INNER, _OUTER = (bytes(octet ^ pad for octet in range(256)) for pad in (0x36, 0x5C))  # RFC 2104 §2
_URLSAFE = bytes.maketrans(b"+/", b"-_")


class TokenMold:
    """All of one link's (or the pixel's) token but the recipient: `before`, VARYING, `after`."""

    __slots__ = ("_inner", "_link", "_outer", "after", "before")

    def __init__(
        self,
        before: bytes,
        after: bytes,
        link: bytes,
        inner: "hashlib._Hash",
        outer: "hashlib._Hash",
    ) -> None:
        self.before = before
        self.after = after
        self._link = link
        self._inner = inner
        self._outer = outer

    def varying(self, position: bytes) -> bytes:
        """Give the VARYING characters for a recipient, the position as two octets."""
        # HMAC by its definition, on states hashed up to here: a third of hmac.digest's time.
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(position)
        outer.update(inner.digest())
        octets = position + self._link + outer.digest()[:_MAC]
        return b2a_base64(octets, newline=False).translate(_URLSAFE)


class TokenPress:
    """Makes molds for URLs of one host with one key.

    Raises ValueError for a key id that no token can say.
    """

    def __init__(self, host: str, key: TokenKey) -> None:
        if not 0 <= key.id < 1 << 8:
            raise ValueError("a token takes a key id under 256")
        padded = key.secret.ljust(_BLOCK, b"\x00")
        if len(padded) > _BLOCK:
            padded = hashlib.sha256(key.secret).digest().ljust(_BLOCK, b"\x00")
        self._key_id = key.id
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._inner.update(_named(host))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def mold(self, token: TrackingToken) -> TokenMold:
        """Make the mold of a token; its position does not matter.

        Raises ValueError for what no token can say: a target that is no web target, numbers out of
        range.
        """
        kind, target = _pack_target(token)
        if len(token.message_id) != 16:
            raise ValueError("a token takes a message id of 16 octets")
        first = _VERSION << 4 | _TAGGED * token.tagged | kind
        head = bytes((first, self._key_id)) + token.message_id
        link = (token.link or 0).to_bytes(2, "big")
        inner = self._inner.copy()
        inner.update(_signed(head, link, target))
        return TokenMold(_write(head), _write(target), link, inner, self._outer)


def write_token(token: TrackingToken, host: str, key: TokenKey) -> str:
    """Write a token for a URL of this host.

    Raises ValueError for what no token can say.
    """
    mold = TokenPress(host, key).mold(token)
    position = position_octets(token.position)
    return (mold.before + mold.varying(position) + mold.after).decode("ascii")


def position_octets(position: int) -> bytes:
    """Write a recipient's position as a mold takes it. Raises ValueError when out of range."""
    if not 0 <= position < 1 << 16:
        raise ValueError("a token takes a position under 65536")
    return position.to_bytes(2, "big")


def read_token(
    text: str, host: str, find_key: Callable[[int], bytes | None]
) -> TrackingToken | None:
    """Read a token from a request to this host (its Host header).

    `find_key` gives the secret of a key's id. None for anything that `write_token` has not written
    for this host with that key: changed, cut, of another host, in another spelling. Constant time
    over the MAC; raises nothing.
    """
    if len(text) > _LONGEST or not _TEXT.fullmatch(text):
        return None
    try:
        octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    secret = find_key(octets[1])
    if secret is None or _write(octets).decode("ascii") != text:  # spare bits: one spelling only
        return None
    head, position, link = octets[:_HEAD], octets[_HEAD:20], octets[20:22]
    mac, target = octets[22:_FIXED], octets[_FIXED:]
    signed = _named(host) + _signed(head, link, target) + position
    if not hmac.compare_digest(mac, hmac.digest(secret, signed, "sha256")[:_MAC]):
        return None
    return _unpack(head, position, link, target)


def host_of(base: str) -> str:
    """Give the host of a base URL as a client will name it in its Host header."""
    return _canonical(urlsplit(base).netloc)


def pixel_url(base: str, token: str) -> str:
    """Write the URL of a pixel below a base without a slash at its end."""
    return f"{base}{PIXEL_PATH}{token}"


def link_url(base: str, token: str) -> str:
    """Write the URL of a link below a base without a slash at its end."""
    return f"{base}{LINK_PATH}{token}"


def _pack_target(token: TrackingToken) -> tuple[int, bytes]:
    """Give the kind and the target's octets, its scheme left out when the kind can say it."""
    if (token.link is None) != (token.target is None):
        raise ValueError("a link has an index and a target, the pixel has neither")
    if token.target is None:
        return _PIXEL, b""
    if not is_web_target(token.target) or not 0 <= (token.link or 0) < 1 << 16:
        raise ValueError("a token takes a web target and an index under 65536")
    octets = token.target.encode("ascii")
    if octets.startswith(b"https://"):
        return _HTTPS, octets[8:]
    return (_HTTP, octets[7:]) if octets.startswith(b"http://") else (_WHOLE, octets)


def _unpack(head: bytes, position: bytes, link: bytes, rest: bytes) -> TrackingToken | None:
    """Read the octets of a genuine token; None for a version or a form we don't write."""
    kind, tagged = head[0] & 3, bool(head[0] & _TAGGED)
    if head[0] >> 4 != _VERSION or head[0] & _FREE:
        return None
    message_id, at = head[2:], int.from_bytes(position, "big")
    index = int.from_bytes(link, "big")
    if kind == _PIXEL:
        if rest or index:
            return None
        return TrackingToken(message_id=message_id, position=at, tagged=tagged)
    target = _SCHEMES[kind] + rest.decode("latin-1")
    if not is_web_target(target):
        return None
    return TrackingToken(
        message_id=message_id, position=at, link=index, target=target, tagged=tagged
    )


def _named(host: str) -> bytes:
    """Give what the MAC is over first: what it is for, and the host."""
    octets = _canonical(host).encode("utf-8", "replace")
    return _PURPOSE + len(octets).to_bytes(4, "big") + octets


def _signed(head: bytes, link: bytes, target: bytes) -> bytes:
    """Give what the MAC is over next, up to the position; no two tokens have the same."""
    return len(target).to_bytes(2, "big") + head + link + target


def _canonical(host: str) -> str:
    """Name a host in one way: lower case, without a default port."""
    return _DEFAULT_PORT.sub("", host.lower())


def _write(octets: bytes) -> bytes:
    return b2a_base64(octets, newline=False).translate(_URLSAFE, b"=")
