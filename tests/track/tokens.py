"""Tokens of one message for tests of the tracking host."""

from pillarbox.model.tracking import TokenKey, TrackingToken
from pillarbox.proto.links.tracking_token import write_token

KEY = TokenKey(7, b"k" * 32)
MESSAGE = bytes(range(16))
HOST = "email.example.com"
TARGET = "https://example.com/a?b=c&d=%20#f"


def pixel(
    host: str = HOST, *, message: bytes = MESSAGE, position: int = 0, key: TokenKey = KEY
) -> str:
    """The path of a pixel."""
    return "/o/" + write_token(TrackingToken(message_id=message, position=position), host, key)


def click(
    target: str = TARGET,
    host: str = HOST,
    *,
    message: bytes = MESSAGE,
    position: int = 0,
    link: int = 0,
    tagged: bool = False,
    key: TokenKey = KEY,
) -> str:
    """The path of a link."""
    token = TrackingToken(
        message_id=message, position=position, link=link, target=target, tagged=tagged
    )
    return "/c/" + write_token(token, host, key)
