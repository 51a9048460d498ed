"""The load generator of SMTP submission, a process of its own:
`python -m bench.smtp_generator PORT SIZE COUNT SESSIONS`.

Logs its sessions in, prints `ready`, waits for a line on standard input, sends on kept connections
with PIPELINING, and prints how many messages were answered with which code.
"""

import asyncio
import base64
import json
import sys
from collections import Counter

import uvloop

from bench.letters import SENDER, html
from pillarbox.proto.smtp.password import smtp_password
from tests.peers.pillarbox import KEY

HEADER = (
    f"From: {SENDER}\r\nTo: you@customer.test\r\nSubject: Your order\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
)


class Sender:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def log_in(self) -> None:
        password = smtp_password(KEY.secret_access_key, "us-east-1")
        proof = base64.b64encode(f"\0{KEY.access_key_id}\0{password}".encode()).decode()
        await self._reply()
        self._writer.write(f"EHLO bench.test\r\nAUTH PLAIN {proof}\r\n".encode())
        codes = [await self._reply(), await self._reply()]
        assert codes == ["250", "235"], codes

    async def send(self, recipient: str, letter: bytes) -> str:
        self._writer.write(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode())
        codes = [await self._reply() for _ in range(3)]
        if codes[-1] != "354":
            return codes[-1]
        self._writer.write(letter)
        return await self._reply()

    async def _reply(self) -> str:
        while (line := await self._reader.readuntil(b"\r\n"))[3:4] == b"-":
            pass
        return line[:3].decode()


async def main(port: int, size: int, count: int, sessions: int) -> None:
    """Log in, wait, send, tell."""
    text = html(size).replace("\n", "\r\n").replace("\r\n.", "\r\n..")
    letter = (HEADER + text + ".\r\n").encode()
    senders = [Sender(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(sessions)]
    for sender in senders:
        await sender.log_in()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    numbers = iter(range(count))
    codes: Counter[str] = Counter()

    async def send_on(sender: Sender) -> None:
        for number in numbers:
            codes[await sender.send(f"r{number}@customer.test", letter)] += 1

    await asyncio.gather(*map(send_on, senders))
    print(json.dumps(codes), flush=True)


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:])))
