"""One SMTP connection under asyncio: moves bytes between a transport and the state machine.

Takes the questions of `proto/smtp_server/session.py` to its owner and brings the answers back;
begins TLS, keeps time, holds the client back while an answer is owed or memory is short. Decides
nothing about mail.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, cast

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.proto.smtp_server.events import (
    Authenticate,
    Content,
    Event,
    MailFrom,
    Message,
    RcptTo,
    StartTls,
)
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.proto.smtp_server.replies import (
    GO_AHEAD,
    NO_ROOM,
    SERVICE_FAILURE,
    SHUTTING_DOWN,
    TIMED_OUT,
    TLS_READY,
    TOO_MANY_SESSIONS,
    Answer,
)
from pillarbox.proto.smtp_server.session import SmtpServer
from pillarbox.wire.http.admission import BodyBudget
from pillarbox.wire.smtp.room import MessageRoom

#: Octets that may wait for an answer to what came before them.
MOST_WAITING = 64 * 1024
_log = logging.getLogger(__name__)


class Owner(Protocol):
    """Who answers the questions of one session. What it raises is answered 451."""

    source_ip: str
    tls: str

    async def log_in(self, asked: Authenticate) -> Answer:
        """Answer AUTH."""

    async def mail_from(self, asked: MailFrom) -> Answer:
        """Answer MAIL."""

    def rcpt_to(self, asked: RcptTo) -> Answer:
        """Answer RCPT, at once."""

    async def message(self, asked: Message) -> Answer:
        """Answer the end of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """Seconds: without a command, for a whole message, for a handshake, for a last reply to go."""

    idle: float = 60.0
    message: float = 600.0
    handshake: float = 15.0
    farewell: float = 5.0


class SmtpSession(asyncio.Protocol):
    """One connection. `enter` and `leave` are told of it; `enter` may refuse it."""

    def __init__(
        self,
        *,
        policy: ServerPolicy,
        owner: Owner,
        context: Callable[[], ssl.SSLContext] | None,
        implicit_tls: bool,
        budget: BodyBudget,
        limits: SessionLimits,
        enter: Callable[["SmtpSession"], bool],
        leave: Callable[["SmtpSession"], None],
    ) -> None:
        self._machine = SmtpServer(policy, secured=implicit_tls)
        self._policy = policy
        self._owner = owner
        self._context = context
        self._room = MessageRoom(budget)
        self._limits = limits
        self._enter = enter
        self._leave = leave
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._work: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._began = self._heard = self._content_began = self._loop.time()
        self._stopping = self._choked = self._ended = self._leaving = False

    # What the transport tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or refuse."""
        self._transport = tcp = cast("asyncio.Transport", transport)
        peer = tcp.get_extra_info("peername")
        self._owner.source_ip = peer[0] if peer else ""
        self._note_tls(tcp)
        if not self._enter(self):
            tcp.write(TOO_MANY_SESSIONS.encode())
            tcp.close()
            return
        self._wake_in(self._limits.idle, self._look_at_clock)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        if not self._leaving:
            self._heard = self._loop.time()
            self._machine.receive(data)
            self._go_on()

    def eof_received(self) -> bool:
        """Close when the client has closed its side, but let it have the answers that are owed."""
        self._ended = True
        return self._work is not None and not self._machine.secured

    def pause_writing(self) -> None:
        """Hear no more from a client that does not listen."""
        self._choked = True
        self._adjust_reading()

    def resume_writing(self) -> None:
        """Go on with a client that listens again."""
        self._choked = False
        self._adjust_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget it; a message that is being committed is committed nevertheless."""
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        if self._work is None and self._room.size:
            self._start_work(self._room.give_back())
        self._leave(self)

    def stop(self) -> None:
        """End the session now, or after the transaction that is under way."""
        self._stopping = True
        self._go_on()

    def abort(self) -> None:
        """End the session at once; whatever was asked stays without an answer."""
        self._machine.hang_up(SHUTTING_DOWN)  # never sent: it ends the questions
        if self._transport is not None:
            self._transport.abort()

    # How it goes on.

    def _go_on(self) -> None:
        """Let the machine work; what has to be waited for is done in a task, one at a time."""
        if self._work is not None:
            self._adjust_reading()
            return
        asked = self._machine.next_event()
        while asked is not None and self._answer_now(asked):
            asked = self._machine.next_event()
        if asked is not None:
            self._start_work(self._answer_all(asked))
        elif self._machine.content_size > self._room.size:
            self._start_work(self._grow())
        elif self._room.size and not self._machine.in_transaction:
            self._start_work(self._room.give_back())  # refused, or given up by the client
        elif self._stopping and not self._machine.in_transaction:
            self._machine.hang_up(SHUTTING_DOWN)
        self._flush()
        if self._ended and self._work is None and self._transport is not None:
            self._transport.close()

    def _start_work(self, work: Coroutine[Any, Any, None]) -> None:
        self._work = self._loop.create_task(work)
        self._work.add_done_callback(self._work_done)

    def _work_done(self, work: "asyncio.Task[None]") -> None:
        self._work = None
        if not work.cancelled() and (error := work.exception()) is not None:
            _log.error("an SMTP session failed", exc_info=error)
            self.abort()
        if self._transport is None:
            if self._room.size:
                self._start_work(self._room.give_back())
            return
        self._adjust_reading()
        self._go_on()

    def _answer_now(self, asked: Event) -> bool:
        """Answer what needs no waiting: without a task, receiving is a third faster."""
        if isinstance(asked, RcptTo):
            self._machine.answer(self._owner.rcpt_to(asked))
        elif isinstance(asked, Content) and self._room.take_now(asked.size):
            self._content_began = self._loop.time()
            self._machine.answer(GO_AHEAD)
        else:
            return False
        return True

    async def _answer_all(self, asked: Event | None) -> None:
        while asked is not None and self._transport is not None:
            if self._answer_now(asked):
                pass
            elif isinstance(asked, StartTls):
                await self._secure()
            elif isinstance(asked, Content):
                await self._make_room(asked)
            else:
                self._machine.answer(await self._ask(asked))
                if isinstance(asked, Message):
                    asked = None  # its content is not to live on while the room is given back
                    await self._room.give_back()
            self._heard = self._loop.time()
            asked = self._machine.next_event()
            if asked is not None:
                self._flush()

    async def _ask(self, asked: Authenticate | MailFrom | RcptTo | Message) -> Answer:
        try:
            match asked:
                case Authenticate():
                    return await self._owner.log_in(asked)
                case MailFrom():
                    return await self._owner.mail_from(asked)
                case RcptTo():
                    return self._owner.rcpt_to(asked)
                case Message():
                    return await self._owner.message(asked)
        except Exception:  # noqa: BLE001  # the one loop around all answers (style 13)
            _log.exception("an SMTP command failed")
            return SERVICE_FAILURE

    async def _make_room(self, asked: Content) -> None:
        try:
            await self._room.take(asked.size)
        except ServiceUnavailable:
            self._machine.answer(SERVICE_FAILURE)
            return
        self._content_began = self._loop.time()
        self._machine.answer(GO_AHEAD)

    async def _grow(self) -> None:
        try:
            while self._machine.content_size > self._room.size:
                await self._room.grow()
        except ServiceUnavailable:
            self._machine.hang_up(NO_ROOM)

    async def _secure(self) -> None:
        """Do the TLS handshake; on failure the connection is over."""
        self._machine.answer(TLS_READY)
        self._flush()
        if self._context is None or self._transport is None or self._transport.is_closing():
            self.abort()
            return
        try:
            secured = await self._loop.start_tls(
                self._transport,
                self,
                self._context(),
                server_side=True,
                ssl_handshake_timeout=self._limits.handshake,
                ssl_shutdown_timeout=self._limits.farewell,
            )
        except (OSError, ssl.SSLError) as error:
            _log.debug("TLS handshake failed: %s", error)
            self.abort()
            return
        if self._transport is None or secured is None:
            return
        self._transport = secured
        self._heard = self._loop.time()
        self._note_tls(secured)
        self._machine.handshake_done()

    def _note_tls(self, transport: asyncio.Transport) -> None:
        tls = transport.get_extra_info("ssl_object")
        self._owner.tls = (tls.version() or "") if tls is not None else ""

    def _adjust_reading(self) -> None:
        """Read, unless an answer is owed and enough waits already, or the client does not read."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        busy = self._work is not None and self._machine.waiting > MOST_WAITING
        if self._choked or busy:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def _flush(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        out = self._machine.output()
        if out:
            transport.write(out)
        if self._machine.closed and not self._leaving:
            self._say_farewell(transport)

    def _say_farewell(self, transport: asyncio.Transport) -> None:
        """Close. A client that is still sending would lose our last reply by a reset: for a while
        we go on reading what nobody wants.
        """
        self._leaving = True
        self._wake_in(self._limits.farewell, self.abort)
        if self._machine.at_rest or not transport.can_write_eof():
            transport.close()
            return
        try:
            transport.write_eof()
        except OSError:  # the client is gone already
            transport.abort()

    def _wake_in(self, seconds: float, what: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, what)

    def _look_at_clock(self) -> None:
        """End a session that is idle, or whose message takes too long; else look again later."""
        now, limits = self._loop.time(), self._limits
        left = limits.idle - (now - (self._heard if self._is_known else self._began))
        if self._machine.content_size:
            left = min(left, limits.message - (now - self._content_began))
        if self._work is not None:
            left = limits.idle  # it is us who take the time
        if left <= 0:
            self._machine.hang_up(TIMED_OUT)
            self._flush()
        else:
            self._wake_in(left, self._look_at_clock)

    @property
    def _is_known(self) -> bool:
        """Whether the client may stay as long as it talks: others have to log in in time."""
        return self._machine.authenticated or not self._policy.authenticate
