"""What a tracking request leaves in the journal: all that classifying it later needs."""

from typing import Final

import msgspec

#: Longest user agent that is kept; real ones stay under 400 characters.
USER_AGENT_CHARACTERS: Final = 1000


class Receipt(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """One open (`link` None) or click. `id`: a UUIDv7 of the moment of receipt, the event's id.

    `head`: the method was HEAD. `prefetch`: the request itself said that nobody is looking.
    """

    id: bytes
    message_id: bytes
    position: int
    link: int | None = None
    target: str | None = None
    tagged: bool = False
    ip: str = ""
    user_agent: str = ""
    head: bool = False
    prefetch: bool = False


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Receipt)


def encode_receipt(receipt: Receipt) -> bytes:
    """Write a receipt as the journal keeps it."""
    return _encoder.encode(receipt)


def decode_receipt(payload: bytes) -> Receipt | None:
    """Read a receipt; None for what another release wrote and this one can't read."""
    try:
        return _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
