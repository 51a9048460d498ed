"""One connection to a receiving server: socket and timer around the `SmtpClient` state machine.

Takes an address to connect to and messages to deliver on it, one at a time; hands on what the
machine says. It decides nothing about mail. One timer watches the whole connection and is moved
rarely (`_Watch`); contents go out in chunks while the transport takes them.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from pillarbox.deliver.handshake import TlsContexts, objection_to, tls_used, why_failed
from pillarbox.deliver.settings import Timeouts
from pillarbox.deliver.tls_choice import TlsChoice
from pillarbox.model.envelope import Envelope, StillOurs
from pillarbox.model.outcome import Attempt, Deferred, Reply, Step, TlsUsed
from pillarbox.proto.smtp.client import SmtpClient
from pillarbox.proto.smtp.events import Event, Finished, Refused, StartTls, Tls, Verb
from pillarbox.proto.smtp.login import Login

_HIGH_WATER = 262_144


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a connection goes, from where and how; those of equal endpoints are interchangeable.

    `tls`: how STARTTLS is treated now; `choice`: what is asked of it, and by whom. `source`: the
    local address, empty for the system's choice; `hello`: how it greets. `login`: who logs in
    before anything is delivered, None where nobody does. `patience`: seconds to wait for a
    connection when that is less than the time-out, 0 for none.
    """

    host: str
    address: str
    port: int
    tls: Tls
    hello: str
    source: str = ""
    choice: TlsChoice = field(default_factory=TlsChoice)
    login: Login | None = None
    patience: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of opening. `tls_failed`: why the handshake failed, so that less may be tried;
    `silent`: nobody answers at the address.
    """

    refused: Refused | None = None
    tls_failed: str = ""
    silent: bool = False


class _Watch:
    """A time-out set for each step; the loop's timer is touched only when it must fire earlier."""

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._expired = expired
        self._due: float | None = None
        self._handle: asyncio.TimerHandle | None = None

    def expect(self, due: float | None) -> None:
        self._due = due
        if due is None or (self._handle is not None and self._handle.when() <= due):
            return
        self.stop()
        self._due = due
        self._handle = self._loop.call_at(due, self._fire)

    def stop(self) -> None:
        self._due = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self) -> None:
        self._handle = None
        due = self._due
        if due is None:
            return
        if self._loop.time() < due:
            self.expect(due)
        else:
            self._expired()


class Connection(asyncio.Protocol):
    """A session with one server: `open` once, `deliver` while it is `ready`, then `close`."""

    def __init__(self, endpoint: Endpoint, *, timeouts: Timeouts) -> None:
        self.endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self._timeouts = timeouts
        self._attempt = Attempt(
            endpoint.host,
            endpoint.address,
            endpoint.source,
            security=TlsUsed(endpoint.choice.policy),
        )
        self._machine = SmtpClient(
            hello=endpoint.hello,
            tls=endpoint.tls,
            now=self._now(),
            attempt=self._attempt,
            required_by=endpoint.choice.required_by,
            login=endpoint.login,
        )
        self._told: deque[Event] = deque()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._watch = _Watch(self._loop, self._timed_out)
        self._until = 0.0
        self._paused = False
        # The time-out starts again with a whole reply or more content, never with mere octets.
        self._awaited: Verb | None = None
        self._sent = False
        self._still_ours: StillOurs | None = None
        self._asking: asyncio.Task[None] | None = None
        self.on_lost: Callable[[Connection], None] | None = None

    @property
    def ready(self) -> bool:
        """Whether a message can be delivered on it now."""
        return self._machine.ready

    @property
    def transactions(self) -> int:
        """How many messages it has been given."""
        return self._machine.transactions

    async def open(self, tls: TlsContexts) -> Opened:
        """Connect and set the session up, with TLS as the endpoint says."""
        refused = await self._connect(tls)
        if refused is not None:
            return Opened(refused, silent=True)
        event = await self._next()
        if isinstance(event, StartTls):
            began = self._now()
            why = await self._handshake(tls)
            if why:
                step = Step("TLS", self._now() - began, why)
                refused = self._given_up(self._tls_failure(why), "4.7.5")
                return Opened(_with_step(refused, step), tls_failed=why)
            event = await self._next()
        return Opened(event if isinstance(event, Refused) else None)

    async def deliver(self, envelope: Envelope, content: Sequence[bytes]) -> Finished:
        """Deliver one message. The connection must be `ready`, or have been when it was taken."""
        self._until = self._loop.time() + self._timeouts.transaction
        self._told.clear()
        self._still_ours = envelope.still_ours
        self._act(self._machine.begin(envelope, content, self._now()))
        event = await self._next()
        if not isinstance(event, Finished):  # pragma: no cover - the machine tells nothing else
            raise TypeError(event)
        return event

    async def close(self) -> None:
        """Say good-bye, wait briefly for the answer, and hang up."""
        if self._machine.ready:
            self._machine.quit()
            self._act([])
            waiter = self._waiter = self._loop.create_future()
            await asyncio.wait([waiter], timeout=self._timeouts.goodbye)
        self.abort()

    def abort(self) -> None:
        """Hang up without a word."""
        self._watch.stop()
        if self._asking is not None:
            self._asking.cancel()
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        if self.endpoint.tls is Tls.FIRST:
            session = transport.get_extra_info("ssl_object")
            used = tls_used(session, self.endpoint.choice)
            self._machine.secured(used.version, self._now(), used)
        self._act([])

    def data_received(self, data: bytes) -> None:
        """Take what the server says."""
        self._act(self._machine.receive(data, self._now()))

    def eof_received(self) -> bool:
        """Take the server's end as the connection's."""
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        """Take note that the connection is gone."""
        self._act(self._machine.lost("Connection lost", self._now()))
        self._watch.stop()
        if self.on_lost is not None:
            self.on_lost(self)

    def pause_writing(self) -> None:
        """Stop writing contents."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on writing contents."""
        self._paused = False
        self._act([])

    # What all of the above come down to.

    def _now(self) -> int:
        return int(self._loop.time() * 1000)

    async def _connect(self, tls: TlsContexts) -> Refused | None:
        point = self.endpoint
        local = (point.source, 0) if point.source else None
        choice = point.choice
        first = tls.of(choice) if point.tls is Tls.FIRST else None
        try:
            async with asyncio.timeout(point.patience or self._timeouts.connect):
                await self._loop.create_connection(
                    lambda: self,
                    point.address,
                    point.port,
                    local_addr=local,
                    ssl=first,
                    server_hostname=point.host if first else None,
                )
        except TimeoutError:
            why = "Connection timed out"
        except ssl.SSLError as error:
            return self._given_up(self._tls_failure(why_failed(error)), "4.7.5")
        except OSError as error:
            why = f"Unable to connect to remote host: {error.strerror or type(error).__name__}"
        else:
            return None
        return self._given_up(why, "4.4.1")

    def _tls_failure(self, why: str) -> str:
        by = self.endpoint.choice.required_by
        return f"TLS is required by {by}: {why}" if by else f"TLS handshake failed: {why}"

    def _given_up(self, why: str, status: str) -> Refused:
        """End a session that could not be set up for a reason that the machine does not see."""
        events = [*self._told, *self._machine.lost(why, self._now(), status)]
        self.abort()
        for event in events:
            if isinstance(event, Refused):
                return event
        return Refused(Deferred(Reply(421, f"{status} {why}", status), self._attempt))

    async def _handshake(self, tls: TlsContexts) -> str:
        """Do the TLS handshake and greet again; give what went wrong, or nothing."""
        transport, choice = self._transport, self.endpoint.choice
        self._watch.stop()
        if transport is None or transport.is_closing():
            return "connection lost"
        try:
            secured = await self._loop.start_tls(
                transport,
                self,
                tls.of(choice),
                server_hostname=choice.names[0] if choice.names else self.endpoint.host,
                ssl_handshake_timeout=self._timeouts.tls,
            )
        except (OSError, ValueError) as error:  # SSLError is an OSError; a host name may not do
            return why_failed(error)
        if secured is None:
            return "connection lost"
        self._transport = secured
        session = secured.get_extra_info("ssl_object")
        why = objection_to(session, choice)
        if why:
            return why
        secured.set_write_buffer_limits(high=_HIGH_WATER)
        self._machine.secured(session.version(), self._now(), tls_used(session, choice))
        self._act([])
        return ""

    async def _next(self) -> Event:
        """Wait for what the machine tells next."""
        if not self._told:
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            except asyncio.CancelledError:
                self.abort()
                raise
            finally:
                self._waiter = None
        return self._told.popleft()

    def _act(self, events: list[Event]) -> None:
        """Send what there is to send, and pass on what the machine tells."""
        self._told.extend(events)
        self._told.extend(self._send())
        if self._told and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if self._machine.closed:
            self.abort()
        elif self._machine.awaiting is not self._awaited or self._sent:
            self._awaited, self._sent = self._machine.awaiting, False
            self._watch.expect(self._due())

    def _send(self) -> list[Event]:
        transport = self._transport
        if transport is None or transport.is_closing():
            return []
        line = self._machine.output()
        if line:
            transport.write(line)
        while self._machine.sending and not self._paused:
            if self._machine.ending and not self._may_end():
                break
            chunk, events = self._machine.content_chunk(self._now())
            if events:
                return events
            transport.write(chunk)
            self._sent = True
        return []

    def _may_end(self) -> bool:
        """Say whether the final dot may be sent; what has to be found out goes on with it later."""
        if self._asking is not None:
            return False
        question = self._still_ours() if self._still_ours is not None else None
        if question is None:
            return True
        self._asking = asyncio.ensure_future(self._end_if_ours(question))
        return False

    async def _end_if_ours(self, question: Awaitable[bool]) -> None:
        """Send the final dot, or hang up so that the server forgets what it has so far."""
        ours = await question
        self._asking, self._still_ours = None, None
        if ours:
            self._act([])
        else:
            why = "The lease of this attempt was lost"
            self._act(self._machine.lost(why, self._now(), "4.3.0"))

    def _due(self) -> float | None:
        verb = self._machine.awaiting
        if verb is None:
            return None
        times = self._timeouts
        if verb is Verb.GREETING:
            wait = times.greeting
        elif verb is Verb.CONTENT:
            wait = times.content_block if self._machine.sending else times.final_dot
        else:
            wait = times.command
        due = self._loop.time() + wait
        return min(due, self._until) if self._until else due

    def _timed_out(self) -> None:
        self._act(self._machine.lost("Connection timed out", self._now()))


def _with_step(refused: Refused, step: Step) -> Refused:
    """Add to the conversation what the machine did not see."""
    outcome = refused.outcome
    attempt = replace(outcome.attempt, steps=(*outcome.attempt.steps, step))
    return replace(refused, outcome=replace(outcome, attempt=attempt))
