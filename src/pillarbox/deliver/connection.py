"""One SMTP connection: asyncio around the session of `proto/smtp_client.py`.

Moves bytes and minds the time; every decision is the session's. Large content is written a chunk at
a time, as fast as the receiver takes it.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Attempt, Deferred, Outcome, Reply
from pillarbox.proto.smtp_client import SmtpClient
from pillarbox.proto.smtp_events import (
    Closed,
    Event,
    Finished,
    Ready,
    Refused,
    StartTls,
    Tls,
    Verb,
)

CONNECT_SECONDS = 15.0
TLS_SECONDS = 15.0
#: How long a reply may take (RFC 5321 §4.5.3.2 allows 5 minutes; a silent host holds a place
#: meanwhile).
REPLY_SECONDS = 60.0
#: The reply to the final dot may take longest: the receiver is looking at the message (§4.5.3.2.6).
CONTENT_SECONDS = 300.0
WRITE_LIMIT = 512 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to connect to, and how."""

    host: str
    address: str
    port: int
    tls: Tls


class TlsHandshakeFailed(Exception):
    """STARTTLS was granted and the handshake failed; the text says why."""


def opportunistic_context() -> ssl.SSLContext:
    """Make a context that encrypts with whoever answers: no certificate is asked for (RFC 7435)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Connection(asyncio.Protocol):
    """A connection to one host; `open`, then `transact` any number of times, then `close`."""

    def __init__(self, target: Target, helo: str, context: ssl.SSLContext) -> None:
        self._loop = asyncio.get_running_loop()
        self._target = target
        self._context = context
        attempt = Attempt(host=target.host, address=target.address)
        self._smtp = SmtpClient(hello=helo, tls=target.tls, now=self._now(), attempt=attempt)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Event] | None = None
        self._handshake: asyncio.Task[None] | None = None
        self._paused = False
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def usable(self) -> bool:
        """Whether another transaction can begin."""
        return self._smtp.ready and not self._smtp.closed

    @property
    def transactions(self) -> int:
        """How many transactions were begun."""
        return self._smtp.transactions

    async def open(self) -> Outcome | None:
        """Connect and set the session up; give None when it is ready, else what that means.

        Raises TlsHandshakeFailed.
        """
        self._waiter = self._loop.create_future()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._loop.create_connection(
                    lambda: self, self._target.address, self._target.port
                )
        except (OSError, TimeoutError) as error:
            return Deferred(_no_connection(self._target, error), _attempt(self._target))
        event = await self._waiter
        return event.outcome if isinstance(event, Refused) else None

    async def transact(self, envelope: Envelope, content: Sequence[bytes]) -> Finished:
        """Send one message to one recipient."""
        self._waiter = self._loop.create_future()
        self._act(self._smtp.begin(envelope, content, self._now()))
        event = await self._waiter
        return cast("Finished", event)

    def close(self) -> None:
        """Say good-bye and close."""
        if self._transport is None or self._smtp.closed:
            return
        self._smtp.quit()
        self._act([])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio.Protocol)."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(WRITE_LIMIT)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what the server says (asyncio.Protocol)."""
        self._act(self._smtp.receive(data, self._now()))

    def pause_writing(self) -> None:
        """Write no more for now (asyncio.Protocol)."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on writing (asyncio.Protocol)."""
        self._paused = False
        self._act([])

    def connection_lost(self, error: Exception | None) -> None:
        """Take note of the end (asyncio.Protocol)."""
        why = f"Connection lost: {error}" if error else "Connection closed by the receiver"
        self._act(self._smtp.lost(why, self._now()))
        if self._timer is not None:
            self._timer.cancel()

    def _act(self, events: Sequence[Event]) -> None:
        """Do what the session wants done: tell who waits, write, close."""
        closing = False
        for event in events:
            if isinstance(event, StartTls):
                self._handshake = self._loop.create_task(self._secure())
            elif isinstance(event, Closed):
                closing = True
            else:
                self._tell(event)
        self._write()
        if closing and self._transport is not None:
            self._transport.close()

    def _tell(self, event: Ready | Refused | Finished) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(event)

    def _write(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if commands := self._smtp.output():
            transport.write(commands)
        while self._smtp.sending and not self._paused:
            chunk, events = self._smtp.content_chunk(self._now())
            if chunk:
                transport.write(chunk)
            if events:
                self._act(events)
                return
        self._extend_deadline()

    async def _secure(self) -> None:
        if self._transport is None:
            return
        try:
            async with asyncio.timeout(TLS_SECONDS):
                secured = await self._loop.start_tls(
                    self._transport, self, self._context, server_hostname=self._target.host
                )
        except (OSError, TimeoutError, ssl.SSLError) as error:
            self._fail_handshake(error)
            return
        if secured is None:
            self._fail_handshake(ConnectionError("connection closed"))
            return
        self._transport = secured
        secured.set_write_buffer_limits(WRITE_LIMIT)
        version = secured.get_extra_info("ssl_object").version() or "TLS"
        self._smtp.secured(version, self._now())
        self._act([])

    def _fail_handshake(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(TlsHandshakeFailed(str(error) or type(error).__name__))
        if self._transport is not None:
            self._transport.abort()

    def _extend_deadline(self) -> None:
        seconds = CONTENT_SECONDS if self._smtp.awaiting is Verb.CONTENT else REPLY_SECONDS
        self._deadline = self._loop.time() + seconds

    def _watch(self) -> None:
        """Look at the deadline now and then: cheaper than a timer for each reply."""
        self._extend_deadline()
        self._timer = self._loop.call_later(REPLY_SECONDS, self._look_at_deadline)

    def _look_at_deadline(self) -> None:
        left = self._deadline - self._loop.time()
        idle = self._smtp.awaiting is None
        if left > 0 or idle:
            self._timer = self._loop.call_later(max(left, 1.0), self._look_at_deadline)
            return
        self._act(self._smtp.lost("Time-out waiting for a reply", self._now()))
        if self._transport is not None:
            self._transport.abort()

    def _now(self) -> int:
        return int(self._loop.time() * 1000)


def _attempt(target: Target) -> Attempt:
    return Attempt(host=target.host, address=target.address)


def _no_connection(target: Target, error: Exception) -> Reply:
    why = "timed out" if isinstance(error, TimeoutError) else str(error)
    return Reply(
        421, f"4.4.1 Unable to connect to {target.host} [{target.address}]: {why}", "4.4.1"
    )
