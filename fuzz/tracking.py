"""What always holds of tracked mail: tokens read, links found and restored."""

from pillarbox.model.tracking import TokenKey, TrackingToken
from pillarbox.proto.tracking_token import read_token, write_token

KEY = TokenKey(1, b"k" * 32)
HOST = "t.example"
LINK = TrackingToken(message_id=b"m" * 16, position=2, link=3, target="https://shop.example/?a=b")
TOKENS = tuple(
    write_token(one, HOST, KEY).encode()
    for one in (LINK, TrackingToken(message_id=b"m" * 16, position=2))
)


def token(data: bytes) -> None:
    """Whatever is read as a token is one that we wrote, in the one spelling it has."""
    text = data.decode(errors="replace")
    read = read_token(text, HOST, {1: KEY.secret}.get)
    assert read is None or write_token(read, HOST, KEY) == text
    assert read_token(text, "other.example", {1: KEY.secret}.get) is None
