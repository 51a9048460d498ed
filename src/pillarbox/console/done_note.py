"""What the page before has done, told by the next one: a short text in a cookie of a minute."""

import base64
import binascii

DONE_COOKIE = "pillarbox-done"
_MOST = 500


def write_note(text: str) -> str:
    """Write a text as a cookie's value."""
    return base64.urlsafe_b64encode(text[:_MOST].encode()).decode().rstrip("=")


def read_note(value: str) -> str:
    """Read it; empty for what was not written by us. Templates escape it like any other text."""
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()[:_MOST]
    except (binascii.Error, UnicodeError, ValueError):
        return ""
