"""A receiving server that follows a script: one list of replies for each connection, in order.

Each step of a script answers one thing that the client sends: the connection itself, each command,
the content. A step is text to send, or one of the acts below.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

DROP = "drop"
"""Close the connection."""
HANG = "hang"
"""Say nothing more, and keep the connection."""
TLS = "tls"
"""Grant STARTTLS, and do the handshake."""
BAD_TLS = "bad tls"
"""Grant STARTTLS, and answer the handshake with plain text."""
LOST_TLS = "lost tls"
"""Grant STARTTLS, and close the connection."""
DRIP = "drip"
"""Send a reply that never ends, an octet at a time."""

HELLO = "250-mx\r\n250-8BITMIME\r\n250 PIPELINING\r\n"
OK = "250 2.0.0 ok\r\n"
GO = "354 go\r\n"
MESSAGE = (OK, OK, GO, "250 2.0.0 taken\r\n")
SESSION = ("220 mx\r\n", HELLO)


@dataclass
class ScriptedSmtp:
    """What the scripts are, and what the server was told."""

    scripts: list[Sequence[str]]
    context: ssl.SSLContext | None = None
    port: int = 0
    heard: list[list[str]] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Play the next script to one client."""
        script = self.scripts.pop(0) if self.scripts else (DROP,)
        heard: list[str] = []
        self.heard.append(heard)
        try:
            for number, step in enumerate(script):
                if number and not await self._hear(reader, heard):
                    return
                if not await self._act(step, reader, writer):
                    return
            while await self._hear(reader, heard):
                writer.write(b"221 bye\r\n" if heard[-1] == "QUIT" else b"421 4.3.2 no more\r\n")
        except (ConnectionError, ssl.SSLError):
            return
        finally:
            writer.transport.abort()

    async def _hear(self, reader: asyncio.StreamReader, heard: list[str]) -> bool:
        """Read a command, or the content when DATA was granted; False at the end."""
        if heard and heard[-1] == "DATA" and self._granted:
            self._granted = False
            lines = [await reader.readline()]
            while lines[-1] not in {b".\r\n", b""}:
                lines.append(await reader.readline())
            self.contents.append(b"".join(lines))
            heard.append("content")
            return bool(lines[-1])
        line = await reader.readline()
        if line:
            heard.append(line.decode().strip())
        return bool(line)

    _granted = False

    async def _act(
        self, step: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Do one step; False when the connection is to end."""
        if step == DROP:
            return False
        if step == HANG:
            self.hanging.set()
            await reader.read()
            return False
        if step == DRIP:
            return await self._drip(writer)
        if step in {TLS, BAD_TLS, LOST_TLS}:
            writer.write(b"220 go\r\n")
            await writer.drain()
            if step == TLS:
                assert self.context is not None
                await writer.start_tls(self.context)
            elif step == BAD_TLS:
                await reader.read(1)  # the client has begun its handshake
                writer.write(b"250 this is no TLS\r\n")
                await reader.read()
            return step == TLS
        self._granted = step.startswith("354")
        writer.write(step.encode())
        return True

    async def _drip(self, writer: asyncio.StreamWriter) -> bool:
        while not writer.is_closing():
            writer.write(b"250-x\r\n")
            await asyncio.sleep(0.01)
        return False


@asynccontextmanager
async def scripted_smtp(
    *scripts: Sequence[str],
    context: ssl.SSLContext | None = None,
    ssl_from_start: bool = False,
    address: str = "127.0.0.1",
) -> AsyncIterator[ScriptedSmtp]:
    """Run a server on a free port of loopback for as long as the block lasts."""
    peer = ScriptedSmtp(list(scripts), context)
    first = context if ssl_from_start else None
    server = await asyncio.start_server(peer.serve, address, 0, ssl=first)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        await server.wait_closed()
