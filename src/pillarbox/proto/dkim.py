"""DKIM signing (RFC 6376): rsa-sha256, relaxed/relaxed, From over-signed.

Takes a message with CRLF line ends and a private key; hands on the DKIM-Signature header to put
before it. Linear in the message, and a body of any size is hashed a piece at a time.
"""

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

#: Fields that are signed when present (RFC 6376 §5.4.1), in the order in which h= names them.
SIGNED = (
    b"from",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"to",
    b"cc",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"content-id",
    b"content-description",
    b"in-reply-to",
    b"references",
    b"list-id",
    b"list-help",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
)
_PIECE = 1024 * 1024
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_WSP = re.compile(rb"[ \t]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_B64_LINE = 72


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose signature: the d= domain, the s= selector and its key."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey


def sign(content: bytes, signer: Signer, now_s: int) -> bytes:
    """Give the DKIM-Signature header of a message, with its CRLF; `now_s`: epoch seconds."""
    header, body = split_message(content)
    fields = _fields(header)
    names = [name for name in SIGNED for _ in fields.get(name, ())]
    listed = [b"From", *(_shown(name) for name in names)]
    body_hash_text = base64.b64encode(body_hash(body)).decode()
    unsigned = _unsigned_header(signer, listed, body_hash_text, now_s)
    hashed = b"".join(_signed_fields(fields, names)) + _relaxed_field(unsigned)
    signature = signer.key.sign(hashed, padding.PKCS1v15(), SHA256())
    return unsigned + _fold_base64(signature) + b"\r\n"


def split_message(content: bytes) -> tuple[bytes, memoryview]:
    """Split a message into its header section and its body, the blank line left out."""
    end = content.find(b"\r\n\r\n")
    if end < 0:
        return content, memoryview(b"")
    return content[: end + 2], memoryview(content)[end + 4 :]


def body_hash(body: memoryview) -> bytes:
    """Hash a body in relaxed canonical form (RFC 6376 §3.4.4)."""
    digest = hashlib.sha256()
    end = _content_end(body)
    start = 0
    while start < end:
        stop = _line_end(body, start + _PIECE, end)
        digest.update(_relax_lines(bytes(body[start:stop])))
        start = stop
    if end:
        digest.update(b"\r\n")
    return digest.digest()


def generate_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make a key; takes some 100 ms."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    """Write a private key as PKCS #8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def load_key(pem: bytes) -> rsa.RSAPrivateKey:
    """Read a private key from PEM.

    Raises ValueError for anything but an RSA key.
    """
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")  # noqa: TRY004 - the value is wrong, not its type
    return key


def public_record(key: rsa.RSAPrivateKey) -> str:
    """Write the TXT record of a key (RFC 6376 §3.6.1)."""
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def _unsigned_header(signer: Signer, listed: list[bytes], body_hash_text: str, now_s: int) -> bytes:
    domain, selector = signer.domain.encode(), signer.selector.encode()
    return (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; q=dns/txt;\r\n"
        b"\td=" + domain + b"; s=" + selector + b"; t=" + str(now_s).encode() + b";\r\n"
        b"\th=" + _fold_names(listed) + b";\r\n"
        b"\tbh=" + body_hash_text.encode() + b";\r\n"
        b"\tb="
    )


def _fields(header: bytes) -> dict[bytes, list[bytes]]:
    """Sort the header's fields by lower-case name."""
    fields: dict[bytes, list[bytes]] = {}
    for field in _FIELD_END.split(header):
        name, colon, _ = field.partition(b":")
        if colon:
            fields.setdefault(name.strip(b" \t").lower(), []).append(field)
    return fields


def _signed_fields(fields: dict[bytes, list[bytes]], names: list[bytes]) -> list[bytes]:
    """Give the canonical fields, instances of one name from the last to the first (§5.4.2).

    The From that is named once more than it occurs adds nothing here; it keeps others from adding
    one.
    """
    left = {name: list(fields[name]) for name in names}
    return [_relaxed_field(left[name].pop()) + b"\r\n" for name in names]


def _relaxed_field(field: bytes) -> bytes:
    name, _, value = field.partition(b":")
    value = _WSP.sub(b" ", _FOLD.sub(b"", value)).strip(b" \r\n")
    return name.strip(b" \t").lower() + b":" + value


def _relax_lines(lines: bytes) -> bytes:
    if b"\t" in lines:
        lines = lines.replace(b"\t", b" ")
    while b"  " in lines:
        lines = lines.replace(b"  ", b" ")
    return lines.replace(b" \r\n", b"\r\n")


def _content_end(body: memoryview) -> int:
    """Find where the last line that is not blank ends, its trailing white space left out."""
    end = len(body)
    while end:
        start = max(0, end - _PIECE)
        kept = len(bytes(body[start:end]).rstrip(b" \t\r\n"))
        if kept:
            return start + kept
        end = start
    return 0


def _line_end(body: memoryview, position: int, end: int) -> int:
    """Find the first line end at or after a position, so that no line is cut in two."""
    while position < end:
        piece = bytes(body[position : position + 4096])
        found = piece.find(b"\n")
        if found >= 0:
            return min(position + found + 1, end)
        position += len(piece)
    return end


def _shown(name: bytes) -> bytes:
    return b"-".join(part.capitalize() for part in name.split(b"-"))


def _fold_names(names: list[bytes]) -> bytes:
    lines, line = [], b""
    for name in names:
        if line and len(line) + len(name) > _B64_LINE:
            lines.append(line + b":")
            line = name
        else:
            line = line + b":" + name if line else name
    return b"\r\n\t ".join([*lines, line])


def _fold_base64(signature: bytes) -> bytes:
    text = base64.b64encode(signature)
    lines = [text[start : start + _B64_LINE] for start in range(0, len(text), _B64_LINE)]
    return b"\r\n\t ".join(lines)
