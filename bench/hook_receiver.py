"""A web server that takes everything, a process of its own: `python -m bench.hook_receiver`.

Prints its port on loopback, and answers each request 200 without a body, until it is killed.
"""

import asyncio
from typing import cast

import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Receiver(asyncio.Protocol):
    """One connection; requests come one after the other and tell their length."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (head := self.buffer.find(b"\r\n\r\n")) >= 0:
            lower = bytes(self.buffer[:head]).lower()
            length = int(lower.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self.buffer) < head + 4 + length:
                return
            del self.buffer[: head + 4 + length]
            self.transport.write(_ANSWER)


async def serve() -> None:
    """Listen, tell the port, serve."""
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
