"""Reads the body of a request, bounded in size and time.

Takes the ASGI `receive` and what the headers declare; hands on the bytes in one buffer. A body over
the limit is cut off while it is read: nothing of it is kept, and nothing more is taken than a short
grace, so that a client that sends first and reads later still hears the answer.
"""

import asyncio

from pillarbox.wire.http.asgi import Receive
from pillarbox.wire.http.errors import RequestTimeout, RequestTooLarge
from pillarbox.wire.http.limits import Limits


class Disconnected(Exception):  # the client went away; that is no error of ours
    """The client hung up before its request was complete."""


def declared_size(headers: list[tuple[bytes, bytes]], limit: int) -> int:
    """Tell how large the body is going to be: its Content-Length, or the limit for one in chunks.

    Raises RequestTooLarge before anything is read.
    """
    size = 0
    for name, value in headers:
        if name == b"content-length":
            size = int(value) if value.isdigit() and len(value) < 16 else limit + 1
        elif name == b"transfer-encoding":
            return limit
    if size > limit:
        raise RequestTooLarge
    return size


async def read_body(receive: Receive, size: int, limits: Limits) -> bytes | bytearray:
    """Read a body of at most `size` bytes (see declared_size).

    Raises RequestTooLarge, RequestTimeout, Disconnected.
    """
    now = asyncio.get_running_loop().time
    end = now() + limits.body_seconds
    try:
        async with asyncio.timeout_at(min(end, now() + limits.pause_seconds)) as timer:
            first, more = await _piece(receive)
            _check(len(first), size)
            if not more:
                return first
            whole = bytearray(first)
            while more:
                timer.reschedule(min(end, now() + limits.pause_seconds))
                piece, more = await _piece(receive)
                _check(len(whole) + len(piece), size)
                whole += piece
            return whole
    except TimeoutError:
        raise RequestTimeout from None


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    return message.get("body", b""), message.get("more_body", False)


def _check(length: int, size: int) -> None:
    if length > size:
        raise RequestTooLarge


async def discard(receive: Receive, limits: Limits) -> None:
    """Read what the client is still sending and keep none of it, for a short grace only."""
    taken, more = 0, True
    try:
        async with asyncio.timeout(limits.grace_seconds):
            while more and taken <= limits.grace:
                piece, more = await _piece(receive)
                taken += len(piece)
    except (TimeoutError, Disconnected):
        return
