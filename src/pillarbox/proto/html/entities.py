"""Character references in the value of an HTML attribute (HTML Living Standard §13.2.5.72 on).

Takes the value as it is written, hands on what a browser reads there. Not `html.unescape`: in an
attribute, a name without its semicolon is no reference when a letter, a digit or `=` follows, so
`?a=1&copy=2` keeps its `&copy`.
"""

import re
from html import unescape
from html.entities import html5

_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9A-Fa-f]+;?|([A-Za-z][0-9A-Za-z]*)(;?)(=?))")


def decode_value(value: str) -> str:
    """Decode the references in an attribute's value, once."""
    ampersands = value.count("&")
    if ampersands == value.count("&amp;"):  # none at all, or as nearly all links are written
        return value.replace("&amp;", "&")
    return _REFERENCE.sub(_decode, value)


def _decode(found: re.Match[str]) -> str:
    name, semicolon, equals = found[1], found[2], found[3]
    if name is None:
        return unescape(found[0])
    if equals and not semicolon:
        return found[0]
    # Without a semicolon only the old names count, and those stand in the table without one.
    meant = html5.get(name + semicolon)
    return found[0] if meant is None else meant + equals
