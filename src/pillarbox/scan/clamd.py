"""Asking clamd over TCP or a Unix socket: one connection for each message, a few at once.

Takes a message's octets, hands on a Verdict. Whatever goes wrong is `Failed`: who asks decides what
that means. A reply may come before all is sent (StreamMaxLength); then nothing more is. Plain
sockets, since asyncio's streams forget what was received when a write fails.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from pillarbox.base.settings_source import parse_address
from pillarbox.proto.clamd import (
    PING,
    PONG,
    Failed,
    ReplyReader,
    Verdict,
    instream,
    read_verdict,
)

CONNECT_SECONDS = 5.0
_Connect = Callable[[], Awaitable[socket.socket]]


class Clamd:
    """A daemon at `address`: `host:port`, or the path of a socket.

    `seconds`: how long one message may take. Raises SettingsError for an address that is neither.
    """

    def __init__(self, address: str, seconds: float, connections: int) -> None:
        self._connect = _connector(address)
        self._seconds = seconds
        self._room = asyncio.Semaphore(connections)

    async def scan(self, content: bytes) -> Verdict:
        """Have a message scanned."""
        async with self._room:
            try:
                async with asyncio.timeout(self._seconds):
                    with await self._connected() as opened:
                        return read_verdict(await _ask(opened, content))
            except TimeoutError:
                return Failed(f"no reply within {self._seconds:g} seconds")
            except OSError as error:
                return Failed(_reason(error))

    async def ping(self) -> str | None:
        """Say why the daemon does not answer; None when it does."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                with await self._connected() as opened:
                    await asyncio.get_running_loop().sock_sendall(opened, PING)
                    reply = await _read(opened)
        except TimeoutError:
            return f"no reply within {CONNECT_SECONDS:g} seconds"
        except OSError as error:
            return _reason(error)
        return None if reply == PONG else f"unexpected reply: {reply[:100]}"

    async def _connected(self) -> socket.socket:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await self._connect()


async def _ask(opened: socket.socket, content: bytes) -> str:
    """Send a message until the reply comes, and give that."""
    reading = asyncio.create_task(_read(opened))
    writing = asyncio.create_task(_write(opened, content))
    try:
        await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
        return await reading  # also where writing failed: the reply says why it hung up
    finally:
        for task in (reading, writing):
            task.cancel()
        await asyncio.gather(reading, writing, return_exceptions=True)


async def _read(opened: socket.socket) -> str:
    loop, collected = asyncio.get_running_loop(), ReplyReader()
    while (reply := collected.feed(await loop.sock_recv(opened, 4096))) is None:
        pass
    return reply


async def _write(opened: socket.socket, content: bytes) -> None:
    loop = asyncio.get_running_loop()
    for chunk in instream(content):
        await loop.sock_sendall(opened, chunk)


def _connector(address: str) -> _Connect:
    if address.startswith("/"):
        return lambda: _connect(socket.AF_UNIX, address)
    where = parse_address(address, "scan.clamd")
    return lambda: _connect_to_host(where.host, where.port)


async def _connect_to_host(host: str, port: int) -> socket.socket:
    """Connect to the first address of a host that answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, _, _, _, where in found[:-1]:
        try:
            return await _connect(family, where)
        except OSError:
            continue
    return await _connect(found[-1][0], found[-1][4])


async def _connect(family: int, where: object) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, where)  # type: ignore[arg-type]
    except BaseException:
        opened.close()
        raise
    return opened


def _reason(error: OSError) -> str:
    return f"not reached: {error.strerror or type(error).__name__}"
