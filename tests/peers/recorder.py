"""A small receiving SMTP server (RFC 5321, PIPELINING) that records what it acknowledged.

Run as `python -m tests.peers.recorder PORT FILE`. A line `RECIPIENT MESSAGE-ID NANOSECONDS` is
appended to FILE, unbuffered, before the 250 for the final dot is written: what a sender was told
has arrived is in the file even when this process is killed. It speaks no TLS and keeps no mail.
"""

import asyncio
import re
import sys
import time
from typing import BinaryIO, cast

import uvloop

GREETING = b"220 recorder.test ESMTP\r\n"
EHLO = (
    b"250-recorder.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 52428800\r\n250 SMTPUTF8\r\n"
)
OK = b"250 2.0.0 OK\r\n"
MESSAGE_ID = re.compile(rb"^message-id:\s*<?([^>\s]+)", re.IGNORECASE | re.MULTILINE)
DOT = b"\r\n.\r\n"


class Session(asyncio.Protocol):
    """One connection: a buffer, the envelope so far, and whether the bytes are commands or data."""

    def __init__(self, record: BinaryIO) -> None:
        self.record = record
        self.buffer = bytearray()
        self.recipients: list[bytes] = []
        self.in_data = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        seen = len(self.buffer)
        self.buffer += data
        while self._take(max(0, seen - len(DOT))):
            seen = 0

    def _take(self, searched: int) -> bool:
        """Take one command or one whole message off the buffer; False when neither is complete."""
        if self.in_data:
            return self._take_message(searched)
        line, found, rest = self.buffer.partition(b"\r\n")
        if found:
            self.buffer = rest
            self._answer(bytes(line))
        return bool(found)

    def _take_message(self, searched: int) -> bool:
        end = self.buffer.find(DOT, searched)
        if end < 0:
            return False
        header_end = self.buffer.find(b"\r\n\r\n")
        header = bytes(self.buffer[: header_end if header_end >= 0 else end])
        del self.buffer[: end + len(DOT)]
        found = MESSAGE_ID.search(header)
        message_id = found[1] if found else b"-"
        now = time.monotonic_ns()
        self.record.write(b"".join(b"%s %s %d\n" % (r, message_id, now) for r in self.recipients))
        self.in_data = False
        self.recipients = []
        self.transport.write(OK)
        return True

    def _answer(self, line: bytes) -> None:
        match line[:4].upper():
            case b"EHLO" | b"HELO":
                self.transport.write(EHLO)
            case b"RCPT":
                self.recipients.append(line[line.index(b"<") + 1 : line.index(b">")])
                self.transport.write(OK)
            case b"DATA":
                self.in_data = True
                self.transport.write(b"354 go on\r\n")
            case b"QUIT":
                self.transport.write(b"221 2.0.0 bye\r\n")
                self.transport.close()
            case b"RSET" | b"MAIL":
                self.recipients = []
                self.transport.write(OK)
            case b"NOOP":
                self.transport.write(OK)
            case _:
                self.transport.write(b"500 5.5.2 what?\r\n")


async def serve(port: int, path: str) -> None:
    """Listen until the process is ended."""
    with open(path, "ab", buffering=0) as record:  # noqa: ASYNC230, PTH123 - one file, at the start
        server = await asyncio.get_running_loop().create_server(
            lambda: Session(record), "127.0.0.1", port, backlog=1024
        )
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
