"""The PROXY protocol, versions 1 and 2: a proxy says at the start of a connection whose it is.

Takes the first bytes of a connection; hands on the client's address and where the header ends, or
that more bytes are needed. Never raises; anything that is no whole and correct header is BROKEN.
Standard: "The PROXY protocol, versions 1 & 2" (HAProxy), §2.1 and §2.2.
"""

import ipaddress
from dataclasses import dataclass
from typing import Final

_V1_START, _V1_LONGEST = b"PROXY ", 107
_V2_START = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_FIXED = 16
#: Longest version 2 header that is taken: addresses, and a few KB of further values (§2.2.7).
_V2_LONGEST: Final = 4096
_V2_LOCAL, _V2_PROXY = 0x20, 0x21
#: Family and transport octet to the length of one address: TCP over IPv4, TCP over IPv6.
_V2_ADDRESSES = {0x11: 4, 0x21: 16}


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """A whole header. `client_ip`: None where it speaks for no client (a health check, UNKNOWN);
    `length`: the octets it took.
    """

    client_ip: str | None
    length: int


class Broken:
    """These bytes are no PROXY header and never will be."""


BROKEN: Final = Broken()


def read_proxy_header(data: bytes) -> ProxyHeader | Broken | None:
    """Read the header that a connection begins with; None when more bytes are needed."""
    if data.startswith(_V2_START):
        return _read_v2(data)
    if data.startswith(_V1_START):
        return _read_v1(data)
    if _V2_START.startswith(data) or _V1_START.startswith(data):
        return None
    return BROKEN


def _read_v1(data: bytes) -> ProxyHeader | Broken | None:
    end = data.find(b"\r\n", 0, _V1_LONGEST)
    if end < 0:
        return None if len(data) < _V1_LONGEST else BROKEN
    words = data[:end].split(b" ")
    if words[1] == b"UNKNOWN":
        return ProxyHeader(None, end + 2)
    if len(words) != 6 or words[1] not in {b"TCP4", b"TCP6"}:
        return BROKEN
    address = _address_text(words[2], 4 if words[1] == b"TCP4" else 6)
    return ProxyHeader(address, end + 2) if address else BROKEN


def _address_text(word: bytes, version: int) -> str | None:
    try:
        address = ipaddress.ip_address(word.decode("ascii"))
    except ValueError:  # UnicodeDecodeError is one
        return None
    return str(address) if address.version == version else None


def _read_v2(data: bytes) -> ProxyHeader | Broken | None:
    if len(data) < _V2_FIXED:
        return None
    command, family = data[12], data[13]
    length = _V2_FIXED + int.from_bytes(data[14:16], "big")
    if length > _V2_LONGEST or command not in {_V2_LOCAL, _V2_PROXY}:
        return BROKEN
    if len(data) < length:
        return None
    if command == _V2_LOCAL or family not in _V2_ADDRESSES:
        return ProxyHeader(None, length)
    size = _V2_ADDRESSES[family]
    if length < _V2_FIXED + 2 * size + 4:
        return BROKEN
    address = ipaddress.ip_address(data[_V2_FIXED : _V2_FIXED + size])
    return ProxyHeader(str(address), length)
