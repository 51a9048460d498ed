"""The tracking listener of one worker: its connections, their time, and the Date they send."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from email.utils import formatdate

from pillarbox.base.clock import now_ms
from pillarbox.track.connection import Connection
from pillarbox.track.site import Site

#: Connections that one worker holds at once; a further one is closed at once.
MAX_CONNECTIONS = 8192
SWEEP_SECONDS = 1.0


class Listener:
    """Accepts connections from `start` to `close`. `count`: told of each answer's kind."""

    def __init__(self, site: Site, count: Callable[[str], None], *, proxy_protocol: bool) -> None:
        self.site = site
        self.count = count
        self.proxy_protocol = proxy_protocol
        self._connections: set[Connection] = set()
        self._none_left = asyncio.Event()
        self.date = b""

    async def start(self, listener: socket.socket) -> None:
        """Listen on a socket that is bound."""
        loop = asyncio.get_running_loop()
        self._sweep(loop)
        self._server = await loop.create_server(self._connection, sock=listener)

    async def close(self, grace_seconds: float) -> None:
        """Take no more connections; let those end that wait for an answer."""
        self._server.close()
        self._none_left.clear()
        for connection in list(self._connections):
            connection.close()
        if not self._connections:
            self._none_left.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._none_left.wait(), grace_seconds)
        self._timer.cancel()
        for connection in list(self._connections):
            connection.abort()

    def add(self, connection: Connection) -> None:
        """Watch over a connection."""
        self._connections.add(connection)

    def forget(self, connection: Connection) -> None:
        """Watch over it no more."""
        self._connections.discard(connection)
        if not self._connections:
            self._none_left.set()

    def _connection(self) -> asyncio.Protocol:
        if len(self._connections) >= MAX_CONNECTIONS:
            return _TurnedAway()
        return Connection(self)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Once a second: end what took too long, and write the date of the next answers."""
        self.date = formatdate(now_ms() / 1000, usegmt=True).encode()
        now = loop.time()
        for connection in [one for one in self._connections if one.deadline < now]:
            connection.abort()
        self._timer = loop.call_later(SWEEP_SECONDS, self._sweep, loop)


class _TurnedAway(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        transport.close()
