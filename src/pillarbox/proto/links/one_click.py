"""What a mail program posts to unsubscribe its reader: `List-Unsubscribe=One-Click` (RFC 8058).

Takes the body of a POST, whichever of the two forms the standard allows it has: urlencoded or
multipart/form-data. Never raises; linear in the body.
"""

import re
from urllib.parse import parse_qsl

NAME, VALUE = "List-Unsubscribe", "One-Click"
MAX_FIELDS = 100
_PART = re.compile(
    rb'content-disposition:[ \t]*form-data;[ \t]*name="?list-unsubscribe"?[^\r\n]{0,200}\r?\n'
    rb"(?:[^\r\n]{1,500}\r?\n){0,10}\r?\none-click[ \t]*\r?\n",
    re.IGNORECASE,
)


def is_one_click(body: bytes) -> bool:
    """Tell whether a body asks to unsubscribe at once."""
    if body.startswith(b"--"):
        return _PART.search(body) is not None
    return (NAME, VALUE) in read_form_fields(body)


def read_form_fields(body: bytes) -> list[tuple[str, str]]:
    """Read an urlencoded form; empty for what is none, or has more than MAX_FIELDS fields."""
    try:
        text = body.decode("ascii").strip()
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except (UnicodeError, ValueError):
        return []
