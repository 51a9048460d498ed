"""A tracking listener on loopback inside the test, and a client that sees every byte."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pillarbox.track.client_ip import TrustedProxies
from pillarbox.track.listener import Listener
from pillarbox.track.receipt import Receipt, decode_receipt
from pillarbox.track.site import Site
from tests.peers.wait import ARRIVAL_SECONDS
from tests.track.tokens import HOST, KEY


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it came: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Serving:
    """A listener whose journal is a list: `kept` is what it was told to keep."""

    site: Site
    listener: Listener
    port: int
    kept: list[Receipt] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    async def send(self, data: bytes) -> bytes:
        """Send bytes and give all that comes back until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            return await asyncio.wait_for(reader.read(), ARRIVAL_SECONDS)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()

    async def ask(
        self, path: str, *headers: str, method: str = "GET", host: str = HOST
    ) -> Answered:
        """Ask once on a connection of its own."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
        return answered(await self.send("\r\n".join([*lines, "", ""]).encode("latin-1")))


@asynccontextmanager
async def serving(
    *, trusted: Sequence[str] = (), proxy_protocol: bool = False
) -> AsyncIterator[Serving]:
    """Serve with one key; everything is kept at once."""
    kept: list[Receipt] = []
    counted: list[str] = []

    def keep(payload: bytes, done):
        receipt = decode_receipt(payload)
        assert receipt is not None
        kept.append(receipt)
        done()

    site = Site({KEY.id: KEY.secret}.get, keep, TrustedProxies(trusted))
    listener = Listener(site, counted.append, proxy_protocol=proxy_protocol)
    bound = socket.create_server(("127.0.0.1", 0))
    await listener.start(bound)
    try:
        yield Serving(site, listener, bound.getsockname()[1], kept, counted)
    finally:
        await listener.close(5)


def answered(data: bytes) -> Answered:
    """Read one answer out of its bytes."""
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    return Answered(int(status.split()[1]), {name.lower(): value for name, value in pairs}, body)
