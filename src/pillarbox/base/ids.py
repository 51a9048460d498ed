"""Identifiers: UUIDv7 (RFC 9562 §5.7) for rows, SES message ids for the world."""

import os

MESSAGE_ID_REGIONS = {
    "us-east-1": "0100",
    "us-west-2": "0101",
    "eu-west-1": "0102",
    "eu-central-1": "0107",
    "ap-southeast-2": "0108",
    "ap-south-1": "0109",
}


def uuid7(now_ms: int) -> bytes:
    """Make a UUIDv7 as 16 bytes: 48 bits of time in milliseconds, version and variant, 74 random
    bits.
    """
    tail = bytearray(os.urandom(10))
    tail[0] = 0x70 | (tail[0] & 0x0F)
    tail[2] = 0x80 | (tail[2] & 0x3F)
    return now_ms.to_bytes(6, "big") + bytes(tail)


def uuid7_floor(ms: int) -> bytes:
    """Give the smallest UUIDv7-sized value of a moment, as the bound of a time partition."""
    return ms.to_bytes(6, "big") + bytes(10)


def uuid7_ms(value: bytes) -> int:
    """Read the milliseconds since the epoch out of a UUIDv7."""
    return int.from_bytes(value[:6], "big")


def uuid_text(value: bytes) -> str:
    """Write 16 bytes as a UUID is written."""
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def ses_message_id(row_id: bytes, region: str) -> str:
    """Write a row's UUIDv7 as SES writes message ids (facts §4): region prefix and time, a UUID,
    `-000000`.

    The UUID in the middle is the row's own id, so the row is found from the message id alone.
    """
    return _written(MESSAGE_ID_REGIONS.get(region, "0100"), row_id)


def message_id_beside(row_id: bytes, other: str) -> str:
    """Write a row's id as one that was written in the same region, say a feedback id."""
    return _written(other[:4], row_id)


def _written(prefix: str, row_id: bytes) -> str:
    return f"{prefix}{uuid7_ms(row_id):012x}-{uuid_text(row_id)}-000000"


def row_id_of(message_id: str) -> bytes | None:
    """Read the row's id out of a message id of ours; None for text that is no such id."""
    parts = message_id.split("-")
    if len(parts) != 7 or len(parts[0]) != 16 or parts[6] != "000000":
        return None
    try:
        value = bytes.fromhex("".join(parts[1:6]))
    except ValueError:
        return None
    return value if len(value) == 16 else None
