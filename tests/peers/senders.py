"""Many callers at once: signed requests over kept HTTP/1.1 connections, as fast as answered.

`send_all` takes whole requests and hands on the status each was answered with; None: the connection
broke before an answer (the caller of such a request knows nothing). A request that could not be
sent, since nobody listens, is sent again when somebody does.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

RETRY_SECONDS = 0.02


class Caller(asyncio.Protocol):
    """One connection: sends a request, waits for the whole answer, sends the next."""

    def __init__(self, work: "Work") -> None:
        self.work = work
        self.buffer = bytearray()
        self.current: int | None = None
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0 or len(self.buffer) < head + 4 + _content_length(self.buffer[:head]):
            return
        assert self.current is not None
        self.work.answered(self.current, int(self.buffer[9:12]))
        closing = b"connection: close" in bytes(self.buffer[:head]).lower()
        self.buffer.clear()
        self.current = None
        if closing:
            self.transport.close()
        else:
            self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self.current is not None:
            self.work.answered(self.current, None)
        if not self.over.done():
            self.over.set_result(None)

    def _send_next(self) -> None:
        self.current = self.work.take()
        if self.current is None:
            self.transport.close()
        else:
            self.transport.write(self.work.requests[self.current])


class Work:
    """What is still to be sent, and how each was answered."""

    def __init__(
        self, requests: Sequence[bytes], heard: Callable[[int, int | None], None] | None
    ) -> None:
        self.requests = requests
        self.statuses: list[int | None] = [None] * len(requests)
        self.heard = heard
        self.next = 0

    def take(self) -> int | None:
        """The number of the next request, None when all have been taken."""
        if self.next == len(self.requests):
            return None
        self.next += 1
        return self.next - 1

    def answered(self, number: int, status: int | None) -> None:
        """Note how a request was answered."""
        self.statuses[number] = status
        if self.heard is not None:
            self.heard(number, status)


async def send_all(
    port: int,
    requests: Sequence[bytes],
    connections: int = 16,
    heard: Callable[[int, int | None], None] | None = None,
) -> list[int | None]:
    """Send every request once; `heard(number, status)` is called at each answer or loss."""
    work = Work(requests, heard)
    await asyncio.gather(*(_keep_calling(port, work) for _ in range(connections)))
    return work.statuses


async def _keep_calling(port: int, work: Work) -> None:
    loop = asyncio.get_running_loop()
    while work.next < len(work.requests):
        try:
            _, caller = await loop.create_connection(lambda: Caller(work), "127.0.0.1", port)
        except OSError:
            await asyncio.sleep(RETRY_SECONDS)
        else:
            await caller.over


def _content_length(head: bytearray) -> int:
    for line in bytes(head).split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
