"""Letters with HTML in any charset and transfer encoding, and what a reader sees of them."""

import base64
import email
import email.policy
import re

from pillarbox.model.tracking import TokenKey, TrackingPlan, TrackingToken
from pillarbox.proto.links.tracking_token import host_of, read_token

KEY = TokenKey(5, b"k" * 32)
ID = b"0123456789abcdef"
BASE = "https://email.shop.example"
PLAN = TrackingPlan(pixel=BASE, http_links=BASE, https_links=BASE)
URL = re.compile(re.escape(BASE) + r"/([oc])/([A-Za-z0-9_-]+)")


def encode(octets: bytes, encoding: str) -> bytes:
    """Encode a body, by other code than ours."""
    if encoding == "base64":
        return base64.encodebytes(octets).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return b"\r\n".join(_quote(line) for line in octets.split(b"\r\n"))
    return octets


def _quote(line: bytes) -> bytes:
    """Quote what is not a letter or a digit, and break the line every 24 octets."""
    quoted = [chr(o) if chr(o).isalnum() and o < 127 else f"={o:02X}" for o in line]
    rows = ["".join(quoted[at : at + 24]) for at in range(0, len(quoted), 24)]
    return "=\r\n".join(rows).encode()


def html_part(octets: bytes, charset: str | None, encoding: str, extra: bytes = b"") -> bytes:
    """An HTML part with its header."""
    kind = f"Content-Type: text/html; charset={charset}" if charset else "Content-Type: text/html"
    head = f"{kind}\r\nContent-Transfer-Encoding: {encoding}\r\n".encode()
    return head + extra + b"\r\n" + encode(octets, encoding)


def letter(part: bytes) -> bytes:
    """A letter of one part."""
    return b"From: a@shop.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + part


def multipart(kind: str, *parts: bytes, boundary: str = "b") -> bytes:
    """A multipart with its header."""
    line = f"\r\n--{boundary}".encode()
    head = f'Content-Type: {kind}; boundary="{boundary}"\r\n\r\npreamble'.encode()
    return head + b"".join(line + b"\r\n" + one for one in parts) + line + b"--\r\nepilogue\r\n"


def html_of(message: bytes) -> list[bytes]:
    """The octets of all HTML parts, decoded by Python's own MIME reader."""
    parsed = email.message_from_bytes(message, policy=email.policy.SMTP)
    return [
        part.get_payload(decode=True)
        for part in parsed.walk()
        if part.get_content_type() == "text/html"
    ]


def tokens_of(text: str) -> list[tuple[str, TrackingToken]]:
    """All tracked URLs in a text: `o` or `c`, and what the token says."""
    found = []
    for kind, written in URL.findall(text):
        token = read_token(written, host_of(BASE), {KEY.id: KEY.secret}.get)
        assert token is not None
        found.append((kind, token))
    return found
