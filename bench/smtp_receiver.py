"""A server that receives mail over SMTP and throws it away, a process of its own:
`python -m bench.smtp_receiver pillarbox|aiosmtpd PORT`. Both run on uvloop.
"""

import asyncio
import socket
import sys
import tempfile
from pathlib import Path

import uvloop
from aiosmtpd.smtp import SMTP

from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.smtp_server.events import Authenticate, MailFrom, Message, RcptTo
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.proto.smtp_server.replies import AUTHENTICATED, OK, RECIPIENT_OK, SENDER_OK, Answer
from pillarbox.wire.http.admission import BodyBudget
from pillarbox.wire.http.limits import Limits
from pillarbox.wire.smtp.listener import SmtpListener
from pillarbox.wire.smtp.session import SessionLimits


class Discarding:
    """Takes every message and keeps none."""

    source_ip = tls = ""

    async def log_in(self, _asked: Authenticate) -> Answer:
        return AUTHENTICATED

    async def mail_from(self, _asked: MailFrom) -> Answer:
        return SENDER_OK

    def rcpt_to(self, _asked: RcptTo) -> Answer:
        return RECIPIENT_OK

    async def message(self, _asked: Message) -> Answer:
        return OK

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 Ok"


async def pillarbox(port: int) -> None:
    with tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as folder:
        listener = SmtpListener(
            new_owner=Discarding,
            context=None,
            budget=BodyBudget(Limits()),
            limits=SessionLimits(),
            max_sessions=2000,
            metrics=WorkerMetrics(Path(folder), 0),
        )
        server = socket.create_server(("127.0.0.1", port), backlog=128)
        await listener.listen(server, ServerPolicy(host="bench.test", bare_line_ends="keep"))
        await asyncio.Event().wait()


async def aiosmtpd(port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_server(
        lambda: SMTP(Discarding(), hostname="bench.test"), "127.0.0.1", port, backlog=128
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run({"pillarbox": pillarbox, "aiosmtpd": aiosmtpd}[sys.argv[1]](int(sys.argv[2])))
