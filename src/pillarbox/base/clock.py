"""The wall clock, in milliseconds since the epoch, and how the wire formats write it.

Everything that decides by time takes a `now` as an argument; only edges call `now_ms`.
"""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Give the time now in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def iso8601(ms: int) -> str:
    """Write a time as event records do: `2026-01-05T10:00:00.123Z`."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
