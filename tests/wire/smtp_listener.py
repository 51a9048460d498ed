"""A listener of SMTP sessions on a free port of this machine, with an owner that tests command."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.smtp_server.events import Authenticate, MailFrom, Message, RcptTo
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.proto.smtp_server.replies import AUTHENTICATED, RECIPIENT_OK, SENDER_OK, Answer
from pillarbox.wire.http.admission import BodyBudget
from pillarbox.wire.http.limits import Limits
from pillarbox.wire.smtp.listener import SmtpListener
from pillarbox.wire.smtp.session import SessionLimits
from tests.peers.wait import ARRIVAL_SECONDS

OPEN = ServerPolicy(host="mx.test", max_size=3_000_000)
LIMITS = SessionLimits(idle=600, message=600, handshake=60, farewell=1)
ENVELOPE = b"EHLO me\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n"
LETTER = b"Subject: x\r\n\r\nhello\r\n"


class Taker:
    """Takes everything; `gate`: a message is answered only when it is open."""

    def __init__(self) -> None:
        self.source_ip = self.tls = ""
        self.messages: list[Message] = []
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails = False

    async def log_in(self, _asked: Authenticate) -> Answer:
        return AUTHENTICATED

    async def mail_from(self, _asked: MailFrom) -> Answer:
        if self.fails:
            raise RuntimeError("a bug")
        return SENDER_OK

    def rcpt_to(self, _asked: RcptTo) -> Answer:
        return RECIPIENT_OK

    async def message(self, asked: Message) -> Answer:
        self.asked.set()
        await self.gate.wait()
        self.messages.append(asked)
        return Answer(250, f"Ok {len(self.messages)}")


class Listening:
    """A running listener: where it listens, who owns its sessions, and how much it may hold."""

    def __init__(
        self,
        folder: Path,
        limits: SessionLimits,
        sessions: int,
        budget: Limits,
        context: Callable[[], ssl.SSLContext] | None,
    ) -> None:
        self.owner = Taker()
        self.budget = BodyBudget(budget)
        self.port = 0
        self.listener = SmtpListener(
            new_owner=lambda: self.owner,
            context=context,
            budget=self.budget,
            limits=limits,
            max_sessions=sessions,
            metrics=WorkerMetrics(folder, 0),
        )

    async def start(self, policy: ServerPolicy, tls: ssl.SSLContext | None) -> None:
        server = socket.create_server(("127.0.0.1", 0))
        self.port = server.getsockname()[1]
        await self.listener.listen(server, policy, implicit_tls=tls)

    async def connect(self) -> "Client":
        return Client(*await asyncio.open_connection("127.0.0.1", self.port))


class Client:
    """A client of asyncio streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def reply(self) -> str:
        """One reply, its last line; empty at the end."""
        async with asyncio.timeout(ARRIVAL_SECONDS):
            while line := await self.reader.readline():
                if line[3:4] == b" ":
                    break
        return line.decode().rstrip()

    async def rest(self) -> bytes:
        """What comes until the end."""
        async with asyncio.timeout(ARRIVAL_SECONDS):
            return await self.reader.read()

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def begin(self) -> None:
        """Be greeted and go as far as 354."""
        await self.reply()
        self.send(ENVELOPE)
        for _ in range(3):
            assert (await self.reply()).startswith("250 ")
        self.send(b"DATA\r\n")
        assert (await self.reply()).startswith("354 ")

    def reset(self) -> None:
        """Close without a farewell (RST)."""
        wire = self.writer.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


@asynccontextmanager
async def listening(
    folder: Path,
    *,
    policy: ServerPolicy = OPEN,
    limits: SessionLimits = LIMITS,
    sessions: int = 100,
    budget: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    starttls: Callable[[], ssl.SSLContext] | None = None,
) -> AsyncIterator[Listening]:
    """Run a listener until the block ends."""
    running = Listening(folder, limits, sessions, budget or Limits(), starttls)
    await running.start(policy, tls)
    try:
        yield running
    finally:
        await running.listener.stop(1)
