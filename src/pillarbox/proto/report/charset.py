"""The text that octets of a report stand for, whatever their charset is said to be (RFC 2978).

Takes octets and the charset that their part names; hands on text. Reports cross gateways that
rewrite the octets and keep the name, or write in their country's charset and name none. So the name
counts where the octets fit it; where they are UTF-8 beyond chance, they are that. Without a name
that fits, they are what they look like: Japanese by its kana, Chinese by pairs of octets, Russian
by words wholly outside ASCII; else ISO-8859-1. Linear; only a start of the octets is judged.
"""

import re

from pillarbox.proto.mime.charsets import find_charset

#: So many octets outside ASCII are not valid UTF-8 by chance.
_BEYOND_CHANCE = 12
_JUDGED = 4_000
_WORD = re.compile(rb"[A-Za-z]{0,40}[\x80-\xff][A-Za-z\x80-\xff]{0,40}")
_HIGH = bytes(range(128, 256))
#: What programs write under a standard's name: the superset their system has.
_WIDER = {
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "iso2022_jp": "iso2022_jp_ext",
}
_PAIRED = frozenset({"cp932", "gb18030", "cp949", "euc_jp", "big5", "big5hkscs"})


def to_text(octets: bytes, charset: str) -> str:
    """Give the text, line ends as LF; what can't be read is replaced."""
    if not octets.isascii():
        text = _decode(octets, charset)
    elif b"\x1b$" in octets:
        codec = "iso2022_kr" if b"\x1b$)C" in octets else "iso2022_jp_ext"
        text = octets.decode(codec, "replace")
    else:
        text = octets.decode("ascii")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _decode(octets: bytes, charset: str) -> str:
    found = find_charset(charset)
    codec = _WIDER.get(found[1], found[1]) if found else "ascii"
    utf_8 = _strictly(octets, "utf-8")
    by_chance = codec in _PAIRED and _outside_ascii(octets[:_JUDGED]) < _BEYOND_CHANCE
    if utf_8 is not None and not by_chance:
        return utf_8
    start = octets[:_JUDGED]
    if not found or codec in {"ascii", "utf-8"} or not _fits(start, codec):
        codec = _likely(start)
    return octets.decode(codec, "replace")


def _strictly(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except UnicodeDecodeError:
        return None


def _outside_ascii(octets: bytes) -> int:
    return len(octets) - len(octets.translate(None, _HIGH))


def _likely(octets: bytes) -> str:
    """Judge by what the octets would say in each charset; their last ones may be cut."""
    if _fits(octets, "utf-8"):
        return "utf-8"
    for codec in ("euc_jp", "cp932"):
        text = octets.decode(codec, "ignore")
        if _share(text, "\u3041", "\u30ff") > 0.3 and _fits(octets, codec):
            return codec
    high = _outside_ascii(octets)
    if high >= _BEYOND_CHANCE and _fits(octets, "gb2312"):
        return "gb18030"
    words = b"".join(_WORD.findall(octets))
    if high >= _BEYOND_CHANCE and _outside_ascii(words) * 10 > len(words) * 9:
        low = sum(octets.count(one) for one in range(0xC0, 0xE0))
        return "koi8-r" if low * 2 > high else "cp1251"
    return "latin-1"


def _share(text: str, first: str, last: str) -> float:
    """Give how many of the characters outside ASCII lie between these two."""
    outside = [one for one in text if one > "\x7f"]
    return sum(first <= one <= last for one in outside) / len(outside) if outside else 0.0


def _fits(octets: bytes, codec: str) -> bool:
    """Tell whether these are octets of a charset; the last character may be cut."""
    return any(_strictly(octets[: len(octets) - cut], codec) is not None for cut in range(4))
