"""A bare web server on loopback for tests: what it answers is a function of what it is asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pillarbox.model.page import Page, PageRequest

Answer = Callable[[PageRequest], Awaitable[bytes]]


@dataclass
class WebServer:
    """A running server; `asked`: the requests in their order, as (path?query, Host)."""

    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)


@asynccontextmanager
async def serving(answer: Answer, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[WebServer]:
    """Serve until the block ends; each answer is the raw bytes of a response."""
    server = WebServer()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *headers = head.splitlines()
            method, target, _ = line.split(" ")
            values = dict(one.lower().split(": ", 1) for one in headers if ": " in one)
            path, _, query = target.partition("?")
            server.asked.append((target, values["host"]))
            request = PageRequest(method=method, path=path, query=query, host=values["host"])
            writer.write(await answer(request))
            await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()


def response(status: str, body: bytes = b"", headers: str = "") -> bytes:
    """Write a whole response."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def page_answer(page: Page) -> Answer:
    """Serve a page as the tracking listener does."""

    async def answer(request: PageRequest) -> bytes:
        found = await page(request)
        return response(f"{found.status} x", found.body)

    return answer
