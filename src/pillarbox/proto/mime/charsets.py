"""The charsets a message may be written in (RFC 2978), as a closed table.

Takes a text and the charset the caller named, hands on the octets and the charset's preferred MIME
name. The table is closed on purpose: `codecs.lookup` knows things that are no charsets (`rot13`,
`zlib`), some that must not stand in a text part (UTF-16, RFC 2781 §3.3; UTF-7), and remembers every
unknown name for ever.
"""

from pillarbox.proto.mime.error import MimeError

# preferred MIME name, Python's codec, further names
_TABLE = (
    ("us-ascii", "ascii", "ascii ansi_x3.4-1968 iso646-us"),
    ("UTF-8", "utf-8", "utf8 unicode-1-1-utf-8 csutf8"),
    ("ISO-8859-1", "latin-1", "iso8859-1 iso_8859-1 latin1 latin-1 l1"),
    ("ISO-8859-2", "iso8859-2", "iso8859-2 iso_8859-2 latin2 latin-2"),
    ("ISO-8859-3", "iso8859-3", "iso8859-3 iso_8859-3 latin3"),
    ("ISO-8859-4", "iso8859-4", "iso8859-4 iso_8859-4 latin4"),
    ("ISO-8859-5", "iso8859-5", "iso8859-5 iso_8859-5 cyrillic"),
    ("ISO-8859-6", "iso8859-6", "iso8859-6 iso_8859-6 arabic"),
    ("ISO-8859-7", "iso8859-7", "iso8859-7 iso_8859-7 greek"),
    ("ISO-8859-8", "iso8859-8", "iso8859-8 iso_8859-8 hebrew iso-8859-8-i"),
    ("ISO-8859-9", "iso8859-9", "iso8859-9 iso_8859-9 latin5"),
    ("ISO-8859-10", "iso8859-10", "iso8859-10 iso_8859-10 latin6"),
    ("ISO-8859-13", "iso8859-13", "iso8859-13 iso_8859-13"),
    ("ISO-8859-14", "iso8859-14", "iso8859-14 iso_8859-14 latin8"),
    ("ISO-8859-15", "iso8859-15", "iso8859-15 iso_8859-15 latin9 latin-9"),
    ("ISO-8859-16", "iso8859-16", "iso8859-16 iso_8859-16 latin10"),
    ("windows-874", "cp874", "cp874"),
    ("windows-1250", "cp1250", "cp1250"),
    ("windows-1251", "cp1251", "cp1251"),
    ("windows-1252", "cp1252", "cp1252"),
    ("windows-1253", "cp1253", "cp1253"),
    ("windows-1254", "cp1254", "cp1254"),
    ("windows-1255", "cp1255", "cp1255"),
    ("windows-1256", "cp1256", "cp1256"),
    ("windows-1257", "cp1257", "cp1257"),
    ("windows-1258", "cp1258", "cp1258"),
    ("TIS-620", "tis-620", "tis620"),
    ("KOI8-R", "koi8-r", "koi8r"),
    ("KOI8-U", "koi8-u", "koi8u"),
    ("Shift_JIS", "shift_jis", "shift-jis sjis ms_kanji x-sjis"),
    ("Windows-31J", "cp932", "cp932 ms932"),
    ("EUC-JP", "euc_jp", "eucjp euc_jp x-euc-jp"),
    ("ISO-2022-JP", "iso2022_jp", "iso2022-jp iso2022jp"),
    ("EUC-KR", "euc_kr", "euckr euc_kr ks_c_5601-1987"),
    ("ISO-2022-KR", "iso2022_kr", "iso2022-kr iso2022kr"),
    ("windows-949", "cp949", "cp949 uhc"),
    ("GB2312", "gb2312", "euc-cn gb_2312-80"),
    ("GBK", "gbk", "cp936 windows-936"),
    ("GB18030", "gb18030", "gb-18030"),
    ("Big5", "big5", "big-5 csbig5"),
    ("Big5-HKSCS", "big5hkscs", "big5hkscs"),
)
_BY_NAME = {
    name.lower(): (label, codec)
    for label, codec, others in _TABLE
    for name in (label, *others.split())
}
_STATEFUL = frozenset({"ISO-2022-JP", "ISO-2022-KR"})


def find_charset(name: str) -> tuple[str, str] | None:
    """Find the preferred MIME name and Python's codec of a charset; None for one we don't know."""
    return _BY_NAME.get(name.strip().lower())


def is_stateful(label: str) -> bool:
    """Tell whether this charset shifts between states (RFC 1468, RFC 1557)."""
    return label in _STATEFUL


def encode_text(text: str, charset: str | None) -> tuple[bytes, str]:
    """Encode a text in the named charset; without one in ASCII if it fits, else in UTF-8.

    Raises MimeError for an unknown charset and for text that the charset can't encode.
    """
    if charset is None:
        charset = "us-ascii" if text.isascii() else "UTF-8"
    found = find_charset(charset)
    if found is None:
        raise MimeError(f"Unknown charset: '{charset[:64]}'.")
    label, codec = found
    try:
        return text.encode(codec), label
    except UnicodeError:
        raise MimeError(f"The text can't be encoded in the charset {label}.") from None


def decode_text(data: bytes, charset: str) -> str | None:
    """Decode octets for showing, what is wrong replaced; None for a charset we don't know."""
    found = find_charset(charset)
    return None if found is None else data.decode(found[1], "replace")
