"""The ASCII in octets of any charset, each character where its octets are (RFC 2978).

Takes octets and the charset they are in; hands on a text in which ASCII characters are themselves
and everything else is something outside ASCII, so that a rewriter can find its way by ASCII alone
and cut the octets where it says. Nothing is decoded and encoded again: what is wrong in the octets,
or can be written in two ways, stays as it is.
"""

import re
from dataclasses import dataclass

from pillarbox.proto.mime.charsets import find_charset

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_GB = re.compile(rb"(?:[\x81-\xfe](?:[\x30-\x39][\x81-\xfe][\x30-\x39]|[\x40-\x7e\x80-\xfe]))+")
_JIS = re.compile(rb"(?:[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc])+")
#: Octets that are one character, or a run of them, though some look like ASCII.
_WIDE = {
    "GB2312": _GB,
    "GBK": _GB,
    "GB18030": _GB,
    "Shift_JIS": _JIS,
    "Windows-31J": _JIS,
    "Big5": re.compile(rb"(?:[\x81-\xfe][\x40-\x7e\xa1-\xfe])+"),
    "Big5-HKSCS": re.compile(rb"(?:[\x81-\xfe][\x40-\x7e\xa1-\xfe])+"),
    "windows-949": re.compile(rb"(?:[\x81-\xfe][\x41-\x5a\x61-\x7a\x81-\xfe])+"),
    "ISO-2022-JP": re.compile(rb"\x1b(?!\(B)[^\x1b]*+"),
    "ISO-2022-KR": re.compile(rb"\x0e[^\x0f]*+"),
}
_UTF_16 = {"utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True, slots=True)
class OctetText:
    """`text` has one character for each `unit` octets; `codec` writes ASCII in the same way."""

    text: str
    unit: int
    codec: str


def view_octets(octets: bytes, charset: str) -> OctetText | None:
    """View octets by their ASCII; None for a charset we don't know, or octets cut in a unit."""
    name = charset.strip().lower()
    codec = _BOMS.get(octets[:2]) if name == "utf-16" else _UTF_16.get(name)
    if codec is not None:
        return _view_utf_16(octets, codec)
    known = find_charset(name)
    if known is None:
        return None
    if (wide := _WIDE.get(known[0])) is not None:
        octets = wide.sub(_mask, octets)
    return OctetText(octets.decode("latin-1"), 1, "ascii")


def _view_utf_16(octets: bytes, codec: str) -> OctetText | None:
    if len(octets) % 2:
        return None
    text = octets.decode(codec, "surrogatepass")
    if len(text) * 2 != len(octets):
        text = _ASTRAL.sub("\ufffd\ufffd", text)
    return OctetText(text, 2, codec)


def _mask(found: re.Match[bytes]) -> bytes:
    return b"\x80" * len(found[0])
