"""The format of journal segments: records that were written whole, told from what a crash left.

    segment = "pbxjrnl1" marker(4) records… zeros…
    record  = marker(4) length(4, little endian) CRC-32 of the payload(4) payload

A segment is filled with zeros before it is used, so that syncing a record changes nothing but the
record (a tenth of the time that a growing file takes). The marker is random for each segment and
kept from those whose bytes end up in payloads, so that reading finds the next record after a
damaged one without being led astray. Reading takes linear time and never raises.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

MAGIC = b"pbxjrnl1"
MARKER_BYTES = 4
HEADER_BYTES = len(MAGIC) + MARKER_BYTES
MAX_PAYLOAD = 1 << 16
_FRAME = struct.Struct("<4sII")


@dataclass(frozen=True, slots=True)
class Segment:
    """What a segment holds. `damaged`: how many bytes are neither of whole records nor unused."""

    payloads: tuple[bytes, ...]
    damaged: int


def segment_header(marker: bytes) -> bytes:
    """Write what a segment begins with."""
    return MAGIC + marker


def frame(marker: bytes, payload: bytes) -> bytes:
    """Write one record."""
    return _FRAME.pack(marker, len(payload), zlib.crc32(payload)) + payload


def frames(marker: bytes, payloads: Iterable[bytes]) -> bytes:
    """Write records, one after the other."""
    return b"".join(frame(marker, payload) for payload in payloads)


def read_segment(data: bytes) -> Segment:
    """Read every whole record of a segment, whatever became of the bytes between them."""
    marker = data[len(MAGIC) : HEADER_BYTES]
    if not data.startswith(MAGIC) or len(marker) < MARKER_BYTES:
        return Segment((), len(data.rstrip(b"\x00")))
    return read_records(data[HEADER_BYTES:], marker)


def read_records(data: bytes, marker: bytes) -> Segment:
    """Read the records of a part of a segment that begins with one, or with what is unused."""
    payloads: list[bytes] = []
    damaged = at = 0
    while at < len(data):
        payload = _payload_at(data, at, marker)
        if payload is not None:
            payloads.append(payload)
            at += _FRAME.size + len(payload)
            continue
        following = data.find(marker, at + 1)
        following = len(data) if following < 0 else following
        damaged += len(data[at:following].rstrip(b"\x00"))
        at = following
    return Segment(tuple(payloads), damaged)


def _payload_at(data: bytes, at: int, marker: bytes) -> bytes | None:
    """Read the record that begins here; None when none does, or not a whole one."""
    if len(data) - at < _FRAME.size:
        return None
    found, length, check = _FRAME.unpack_from(data, at)
    start = at + _FRAME.size
    if found != marker or length > MAX_PAYLOAD or start + length > len(data):
        return None
    payload = data[start : start + length]
    return payload if zlib.crc32(payload) == check else None
