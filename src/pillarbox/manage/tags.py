"""The tags of a resource as the store keeps them: a JSON list of pairs, in the order given."""

from collections.abc import Sequence

import msgspec

Tags = tuple[tuple[str, str], ...]

_decoder = msgspec.json.Decoder(Tags)


def write_tags(tags: Sequence[tuple[str, str]]) -> str:
    """Write tags for the store."""
    return msgspec.json.encode(tags).decode()


def read_tags(text: str) -> Tags:
    """Read tags from the store."""
    return _decoder.decode(text)
