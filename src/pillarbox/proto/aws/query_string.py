"""The query string of a URL (RFC 3986 §3.4): bytes to decoded pairs, and the form that a signature
covers.

Takes the query as received; hands on pairs of text. Strict, so that no two readers of one query can
differ: what is not `name=value` in printable ASCII with whole percent escapes of UTF-8 is refused.
"""

import re
from urllib.parse import quote, unquote_to_bytes

Pairs = tuple[tuple[str, str], ...]

_WELL_FORMED = re.compile(rb"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*+\Z")


class MalformedQuery(ValueError):
    """The query string contains a syntax error."""


def percent_decode(raw: bytes) -> str:
    """Decode the percent escapes of a part of a URL, once. Raises MalformedQuery."""
    if not _WELL_FORMED.match(raw):
        raise MalformedQuery("An escape is broken, or a character is not allowed.")
    try:
        return unquote_to_bytes(raw).decode() if b"%" in raw else raw.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedQuery("The escapes are not UTF-8.") from None


def parse_query(query: bytes) -> Pairs:
    """Read a query string into its pairs, in their order; `+` is a space. Raises MalformedQuery."""
    return tuple(_pair(part) for part in query.split(b"&")) if query else ()


def _pair(part: bytes) -> tuple[str, str]:
    name, _, value = part.replace(b"+", b"%20").partition(b"=")
    if not name:
        raise MalformedQuery("A parameter has no name.")
    return percent_decode(name), percent_decode(value)


def canonical_query(pairs: Pairs) -> str:
    """Write pairs as the canonical query string of Signature Version 4: escaped strictly, then
    sorted.
    """
    if not pairs:
        return ""
    escaped = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in escaped)
