"""Ids of rows in addresses of pages: 32 hexadecimal digits."""

from pillarbox.base.errors import NotFound


def row_id(text: str) -> bytes:
    """Read an id; raises NotFound for what is none."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 16:
        raise NotFound("There is nothing of that id.")
    return value
