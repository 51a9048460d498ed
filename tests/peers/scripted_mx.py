"""A receiving server on loopback that follows a script: for dialogs no real server would hold."""

import asyncio
import ssl
from dataclasses import dataclass, field

HANG_UP = ""
"""Instead of a reply: the server closes the connection."""


class HungUp(Exception):
    """The script says to close the connection here."""


@dataclass
class Mx:
    """A server that answers each verb as its script says, 250 otherwise; it notes what it saw."""

    replies: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    gate: asyncio.Event | None = None
    hang_up_when_idle: bool = False
    connections: int = 0
    open: int = 0
    most: int = 0
    verbs: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    sessions: set[asyncio.Task[None]] = field(default_factory=set)
    arrivals: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.current_task()
        assert session is not None
        self.sessions.add(session)
        self.connections += 1
        self.open += 1
        self.most = max(self.most, self.open)
        self.arrivals.release()
        try:
            await self.converse(reader, writer)
        except (HungUp, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            self.sessions.discard(session)
            writer.transport.abort()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secured = False
        await self.answer(writer, "connect", "220 mx")
        while line := await reader.readline():
            verb = line.split()[0].decode().upper() if line.strip() else "?"
            self.verbs.append(verb)
            if verb == "STARTTLS":
                await self.answer(writer, verb, "220 go")
                if self.tls is None:
                    await reader.readexactly(1)  # the handshake has begun
                    writer.write(b"this is no TLS\r\n")
                    raise HungUp
                await writer.start_tls(self.tls)
                secured = True
            elif verb == "DATA":
                await self.answer(writer, verb, "354 go")
                if self.replies.get(verb, "354").startswith("354"):
                    await self.take(reader, writer, secured=secured)
            else:
                await self.answer(writer, verb, "221 bye" if verb == "QUIT" else "250 ok")

    async def take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, secured: bool
    ) -> None:
        self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
        self.secured.append(secured)
        if self.gate is not None:
            await self.gate.wait()
        await self.answer(writer, "content", "250 2.0.0 queued")
        if self.hang_up_when_idle:
            raise HungUp

    async def answer(self, writer: asyncio.StreamWriter, verb: str, usual: str) -> None:
        reply = self.replies.get(verb, usual)
        if reply == HANG_UP:
            raise HungUp
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()


async def ended(mx: Mx, server: asyncio.Server) -> None:
    server.close()
    for session in list(mx.sessions):
        session.cancel()
    await asyncio.gather(*mx.sessions, return_exceptions=True)
