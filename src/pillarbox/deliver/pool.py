"""Kept connections: bounded for each group of hosts and in all, reused, closed when idle.

Takes messages for an endpoint, hands on what became of them. How many a group may have open says
`shaping`. Who finds no room waits a little, in the order of asking, and is put back then; hosts
that hang while connections are opened take nobody else's room, and one that is known to be down is
not waited for at all (`down_hosts`), unless somebody has had mail tried again since. A kept
connection that turns out to be lost before the server looked at the message is replaced by a fresh
one within the same attempt.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.connection import Connection, Endpoint, Opened
from pillarbox.deliver.down_hosts import DownHosts, is_unreachable
from pillarbox.deliver.groups import Group, load_groups
from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.deliver.shaping import Shaping
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, OwnDelay, Reply
from pillarbox.proto.smtp.events import Finished, Refused

#: How long a message is put back that found no connection.
PUT_BACK = OwnDelay(at_most_ms=3000, counts=False)
#: Gives a number that changes when somebody has mail tried again by hand. Raises
#: ServiceUnavailable.
Retried = Callable[[], Awaitable[int]]


@dataclass(slots=True)
class _Use:
    """What of a group's connections is in use here, and how many messages wait for one."""

    group: Group
    open: int = 0
    waiting: int = 0


@dataclass(slots=True)
class _Lane:
    """The connections to one endpoint.

    A waiter is given a kept connection, or None: room for a fresh one.
    """

    endpoint: Endpoint
    use: _Use
    open: int = 0
    idle: list[tuple[Connection, float]] = field(default_factory=list)
    waiting: deque[asyncio.Future[Connection | None]] = field(default_factory=deque)


async def never_retried() -> int:
    """Say that nobody has had mail tried again."""
    return 0


class Pool:
    """The kept connections of one process."""

    def __init__(
        self,
        settings: DeliverSettings,
        tls: TlsContexts,
        shaping: Shaping | None = None,
        retried: Retried = never_retried,
    ) -> None:
        self._settings = settings
        self._tls = tls
        self._shaping = shaping or Shaping(load_groups(settings.connections_per_destination))
        self._down = DownHosts()
        self._retried = retried
        self._retried_before = 0  # where it is not, a worker that starts tries once too often
        self._lanes: dict[Endpoint, _Lane] = {}
        self._uses: dict[str, _Use] = {}
        self._hungry: dict[Endpoint, _Lane] = {}  # the lanes where somebody waits, in turn
        self._open = 0  # without those that hang
        self._hanging: set[Connection] = set()
        self._closing = False
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> int:
        """How many connections are open or being opened."""
        return self._open + len(self._hanging)

    def in_use(self) -> dict[str, int]:
        """Give how many connections are open to each group."""
        return {name: use.open for name, use in self._uses.items() if use.open}

    async def deliver(
        self, endpoint: Endpoint, envelope: Envelope, content: Sequence[bytes]
    ) -> Finished | Opened:
        """Deliver one message over a kept or a fresh connection; `Opened`: none could be had."""
        while True:
            down = self._down.refusal(endpoint, self._settings.timeouts.setup)
            if down is not None:
                if not await self._is_retried():
                    return down
                self._down.forget()
                continue
            lane = self._lane(endpoint)
            try:
                connection = await self._take(lane)
            except TimeoutError:
                return _put_back(lane.use.group)
            if connection is None and self._down.is_down(endpoint):
                self._give_back(lane, None)  # it was found out while this message waited
                continue
            try:
                if connection is None:
                    connection = Connection(endpoint, timeouts=self._settings.timeouts)
                    opened = await self._open_one(lane, connection)
                    if opened.refused is not None:
                        return opened
                finished = await connection.deliver(envelope, content)
            finally:
                self._give_back(lane, connection)
            if not finished.untried:
                self._shaping.learn(lane.use.group, finished.outcome)
                return finished

    def renewed(self) -> None:
        """Go by new portions: close what is idle and too much, open what others left."""
        for lane in list(self._lanes.values()):
            while lane.idle and lane.use.open > self._allowed(lane.use):
                self._retire(lane, lane.idle.pop(0)[0])
        for lane in list(self._hungry.values()):
            while lane.waiting and self._may_open(lane):
                self._grant(lane)

    async def _is_retried(self) -> bool:
        """Tell whether somebody has had mail tried again since this was asked last."""
        try:
            retried = await self._retried()
        except ServiceUnavailable:
            return False
        before, self._retried_before = self._retried_before, retried
        return retried != before

    async def _open_one(self, lane: _Lane, connection: Connection) -> Opened:
        """Open a connection, and learn from what came of it."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        hangs = loop.call_later(self._settings.hangs_s, self._hangs, connection)
        try:
            opened = await connection.open(self._tls)
        finally:
            hangs.cancel()
            if connection in self._hanging:
                self._hanging.discard(connection)
                self._open += 1
        outcome = None if opened.refused is None else opened.refused.outcome
        self._down.learn(lane.endpoint, outcome, loop.time() - begun)
        if outcome is not None and not opened.tls_failed:
            self._shaping.learn(lane.use.group, outcome, spoken_to=not is_unreachable(outcome))
        return opened

    def _hangs(self, connection: Connection) -> None:
        """Count an opening apart that takes long, and let others have its room."""
        if len(self._hanging) < self._settings.connections:
            self._hanging.add(connection)
            self._open -= 1
            self._grant_next()

    def _lane(self, endpoint: Endpoint) -> _Lane:
        lane = self._lanes.get(endpoint)
        if lane is None:
            group = self._shaping.groups.of(endpoint.host)
            use = self._uses.setdefault(group.name, _Use(group))
            lane = self._lanes[endpoint] = _Lane(endpoint, use)
        return lane

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
        """Get a kept connection or room for a fresh one; TimeoutError after `wait_s`."""
        while lane.idle:
            connection, _ = lane.idle.pop()
            if connection.ready:
                return connection
            self._vacate(lane)
        if self._may_open(lane):
            self._occupy(lane)
            return None
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        lane.waiting.append(waiter)
        lane.use.waiting += 1
        self._hungry[lane.endpoint] = lane
        try:
            async with asyncio.timeout(self._settings.wait_s):
                return await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self._give_back(lane, waiter.result())
            elif waiter in lane.waiting:  # else somebody who had room to grant threw it out
                lane.waiting.remove(waiter)
            raise
        finally:
            lane.use.waiting -= 1
            self._forget_empty(lane)

    def _allowed(self, use: _Use) -> int:
        return self._shaping.allowed(use.group, use.open, use.open + use.waiting)

    def _may_open(self, lane: _Lane) -> bool:
        """Say whether one more connection to a lane's group may be opened, giving up an idle one
        of another host of it.
        """
        use = lane.use
        if use.open >= self._shaping.allowed(use.group, use.open, use.open + use.waiting + 1):
            idle = next((one for one in self._lanes.values() if one.use is use and one.idle), None)
            if idle is None or use.open > self._allowed(use):
                return False
            self._retire(idle, idle.idle.pop(0)[0])
            return lane.use.open < self._allowed(use) and self._room()
        return self._room()

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
        self._uses[lane.use.group.name] = lane.use
        lane.open += 1
        lane.use.open += 1
        self._open += 1
        self._shaping.using(lane.use.group, lane.use.open)

    def _give_back(self, lane: _Lane, connection: Connection | None) -> None:
        """Pass a connection on to who waits, keep it, or close it and pass its room on."""
        if connection is None:
            self._vacate(lane)
            return
        most = min(self._settings.messages_per_connection, lane.use.group.messages_per_connection)
        worn = connection.transactions >= most or lane.use.open > self._allowed(lane.use)
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
        lane.use.open -= 1
        self._open -= 1
        self._shaping.using(lane.use.group, lane.use.open)
        self._grant_next(lane)
        self._forget_empty(lane)

    def _grant_next(self, *first: _Lane) -> None:
        """Grant room for one connection to who waits."""
        for other in (*first, *self._hungry.values()) if self._hungry else ():
            if other.waiting and self._may_open(other):
                self._grant(other)
                break

    def _forget_empty(self, lane: _Lane) -> None:
        if lane.waiting:
            return
        self._hungry.pop(lane.endpoint, None)
        if not lane.open and self._lanes.get(lane.endpoint) is lane:
            del self._lanes[lane.endpoint]
            if not lane.use.open and not lane.use.waiting:
                self._uses.pop(lane.use.group.name, None)

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


def _put_back(group: Group) -> Opened:
    """Say that a message is to wait for a connection in the queue, not here."""
    text = f"4.4.5 All connections to {group.name} are in use"
    return Opened(Refused(Deferred(Reply(421, text, "4.4.5"), own_delay=PUT_BACK)))
