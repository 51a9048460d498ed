"""Identifiers: UUIDv7 (RFC 9562 §5.7) for rows, SES message ids for the world."""

import os
import threading

MESSAGE_ID_REGIONS = {
    "us-east-1": "0100",
    "us-west-2": "0101",
    "eu-west-1": "0102",
    "eu-central-1": "0107",
    "ap-southeast-2": "0108",
    "ap-south-1": "0109",
}


#: Bits of a UUIDv7 that are neither time nor version nor variant.
_RANDOM_BITS = 74
#: The next id of a millisecond is larger by a random number of so many bits.
_STEP_BITS = 40
#: Milliseconds whose last id is remembered; callers name moments that differ by a few.
_REMEMBERED = 256
_last: dict[int, int] = {}
_lock = threading.Lock()


def uuid7(now_ms: int) -> bytes:
    """Make a UUIDv7 as 16 bytes; larger than all that this process made for the same millisecond.

    48 bits of time in milliseconds, version, variant, 74 random bits: the first id of a millisecond
    has a 0 and 73 of them, each further one is larger by up to 2^40 ("monotonic random", RFC 9562
    §6.2 method 2). Any thread may ask, and `now_ms` need not grow from call to call.
    """
    with _lock:
        last = _last.get(now_ms)
        if last is None:
            if len(_last) >= _REMEMBERED:
                del _last[next(iter(_last))]
            tail = int.from_bytes(os.urandom(10), "big") >> (81 - _RANDOM_BITS)
        else:
            tail = last + 1 + int.from_bytes(os.urandom(_STEP_BITS // 8), "big")
        _last[now_ms] = tail
    high, low = tail >> 62, tail & ((1 << 62) - 1)
    return (now_ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low).to_bytes(16, "big")


def uuid7_after(earlier: bytes, now_ms: int) -> bytes:
    """Make a UUIDv7 that is larger than another one, whichever process made that, and by whichever
    clock: of a later millisecond.
    """
    return uuid7(max(now_ms, uuid7_ms(earlier) + 1))


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
