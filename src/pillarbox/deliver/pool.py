"""Kept connections: bounded for each endpoint and in all, reused, closed when idle.

Takes messages for an endpoint, hands on what became of them. Who finds no room waits in the order
of asking; an endpoint that hangs holds no more than its own share. A kept connection that turns out
to be lost before the server looked at the message is replaced by a fresh one within the same
attempt.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from pillarbox.deliver.connection import Connection, Endpoint, Opened
from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Reply
from pillarbox.proto.smtp_events import Finished, Refused

_BUSY = Reply(421, "4.4.5 All connections to the destination are in use", "4.4.5")


@dataclass(slots=True)
class _Lane:
    """The connections to one endpoint.

    A waiter is given a kept connection, or None: room for a fresh one.
    """

    endpoint: Endpoint
    open: int = 0
    idle: list[tuple[Connection, float]] = field(default_factory=list)
    waiting: deque[asyncio.Future[Connection | None]] = field(default_factory=deque)


class Pool:
    """The kept connections of one process."""

    def __init__(self, settings: DeliverSettings, tls: TlsContexts) -> None:
        self._settings = settings
        self._tls = tls
        self._lanes: dict[Endpoint, _Lane] = {}
        self._hungry: dict[Endpoint, _Lane] = {}  # the lanes where somebody waits, in turn
        self._open = 0
        self._closing = False
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> int:
        """How many connections are open or being opened."""
        return self._open

    async def deliver(
        self, endpoint: Endpoint, envelope: Envelope, content: Sequence[bytes]
    ) -> Finished | Opened:
        """Deliver one message over a kept or a fresh connection; `Opened`: none could be had."""
        while True:
            lane = self._lanes.setdefault(endpoint, _Lane(endpoint))
            try:
                connection = await self._take(lane)
            except TimeoutError:
                return Opened(Refused(Deferred(_BUSY)))
            try:
                if connection is None:
                    connection = Connection(endpoint, timeouts=self._settings.timeouts)
                    opened = await connection.open(self._tls)
                    if opened.refused is not None:
                        return opened
                finished = await connection.deliver(envelope, content)
            finally:
                self._give_back(lane, connection)
            if not finished.untried:
                return finished

    async def close(self) -> None:
        """Say good-bye on idle connections; those in use are closed when given back."""
        self._closing = True
        if self._sweep is not None:
            self._sweep.cancel()
        for lane in list(self._lanes.values()):
            while lane.idle:
                self._retire(lane, lane.idle.pop()[0])
        await asyncio.gather(*self._goodbyes, return_exceptions=True)

    async def _take(self, lane: _Lane) -> Connection | None:
        """Get a kept connection or room for a fresh one; TimeoutError after `attempt_s`."""
        while lane.idle:
            connection, _ = lane.idle.pop()
            if connection.ready:
                return connection
            self._vacate(lane)
        if lane.open < self._settings.connections_per_destination and self._room():
            self._occupy(lane)
            return None
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        lane.waiting.append(waiter)
        self._hungry[lane.endpoint] = lane
        try:
            async with asyncio.timeout(self._settings.attempt_s):
                return await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self._give_back(lane, waiter.result())
            elif waiter in lane.waiting:  # else somebody who had room to grant threw it out
                lane.waiting.remove(waiter)
            self._forget_empty(lane)
            raise

    def _room(self) -> bool:
        """Say whether one more connection may be opened, giving up the longest idle one."""
        if self._open < self._settings.connections:
            return True
        idle = [lane for lane in self._lanes.values() if lane.idle]
        if not idle:
            return False
        lane = min(idle, key=lambda lane: lane.idle[0][1])
        self._retire(lane, lane.idle.pop(0)[0])
        return self._open < self._settings.connections

    def _occupy(self, lane: _Lane) -> None:
        self._lanes[lane.endpoint] = lane
        lane.open += 1
        self._open += 1

    def _give_back(self, lane: _Lane, connection: Connection | None) -> None:
        """Pass a connection on to who waits, keep it, or close it and pass its room on."""
        if connection is None:
            self._vacate(lane)
            return
        worn = connection.transactions >= self._settings.messages_per_connection
        if not connection.ready or worn or self._closing:
            self._retire(lane, connection)
            return
        while lane.waiting:
            waiter = lane.waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        now = asyncio.get_running_loop().time()
        lane.idle.append((connection, now))
        connection.on_lost = self._lost
        self._plan_sweep()

    def _retire(self, lane: _Lane, connection: Connection) -> None:
        """Close a connection without waiting for it."""
        connection.on_lost = None
        if connection.ready:
            task = asyncio.create_task(connection.close(), name=f"quit {lane.endpoint.host}")
            self._goodbyes.add(task)
            task.add_done_callback(self._goodbyes.discard)
        else:
            connection.abort()
        self._vacate(lane)

    def _vacate(self, lane: _Lane) -> None:
        """Give up one connection's room, and grant it to who waits: here first, then elsewhere."""
        lane.open -= 1
        self._open -= 1
        for other in (lane, *self._hungry.values()) if self._hungry else ():
            if other.waiting and other.open < self._settings.connections_per_destination:
                self._grant(other)
                break
        self._forget_empty(lane)

    def _forget_empty(self, lane: _Lane) -> None:
        if not lane.waiting:
            self._hungry.pop(lane.endpoint, None)
            if not lane.open:
                self._lanes.pop(lane.endpoint, None)

    def _grant(self, lane: _Lane) -> None:
        while lane.waiting:
            waiter = lane.waiting.popleft()
            if not waiter.done():
                self._occupy(lane)
                waiter.set_result(None)
                break
        self._hungry.pop(lane.endpoint, None)
        if lane.waiting:
            self._hungry[lane.endpoint] = lane  # behind the others

    def _lost(self, connection: Connection) -> None:
        """Forget an idle connection that the server closed."""
        lane = self._lanes.get(connection.endpoint)
        if lane is None:
            return
        kept = [entry for entry in lane.idle if entry[0] is not connection]
        if len(kept) < len(lane.idle):
            lane.idle = kept
            self._vacate(lane)

    def _plan_sweep(self) -> None:
        if self._sweep is None and not self._closing:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(self._settings.idle_s / 2, self._sweep_idle)

    def _sweep_idle(self) -> None:
        """Close what was idle for too long; one timer for all."""
        self._sweep = None
        before = asyncio.get_running_loop().time() - self._settings.idle_s
        for lane in list(self._lanes.values()):
            while lane.idle and lane.idle[0][1] <= before:
                self._retire(lane, lane.idle.pop(0)[0])
        if any(lane.idle for lane in self._lanes.values()):
            self._plan_sweep()
