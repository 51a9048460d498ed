"""The outbox's loop: finds shards that have something, and gives each a turn.

Each worker of each node runs one; a lease on each shard keeps them apart. A worker has room for so
many turns at once, and so many for one destination; those that took nothing the last time may have
half of it, so that the ones that are down delay nobody else.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

from sqlalchemy import Connection

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.destinations.turn import Surroundings, Turn
from pillarbox.model.publishing import SHARDS, Shard
from pillarbox.store.publishing import outbox

POLL_SECONDS = 0.5
LEAST_SECONDS = 0.05
#: After a failure of ours there may be another at once.
FAILURE_SECONDS = 5.0
ROOM = 64
FAILING_ROOM = ROOM // 2
OF_A_DESTINATION = 8
DESTINATIONS_AT_ONCE = 50
FORGET_AT_ONCE = 500
_log = logging.getLogger(__name__)


class Draining:
    """Drains the outbox with others; `run` until it is cancelled."""

    def __init__(self, world: Surroundings) -> None:
        self._world = world
        self._after = outbox.NOWHERE
        self._looks = 0
        self._turns: dict[Shard, asyncio.Task[None]] = {}
        self._failing: set[Shard] = set()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Look for what waits, over and over."""
        try:
            while True:
                pause = POLL_SECONDS
                try:
                    await self.look()
                except ServiceUnavailable:
                    _log.warning("publishing waits: the store does not answer")
                except Exception:  # noqa: BLE001 - the stage's loop: recorded, and tried again
                    _log.exception("looking for events to publish failed")
                    pause = FAILURE_SECONDS
                await self._rest(pause)
        finally:
            await self._stop()

    async def look(self) -> None:
        """Begin turns for what can be drained now, as far as there is room."""
        world, after = self._world, self._after
        found = await world.store.read(
            lambda conn: outbox.destinations_with_events(conn, after, DESTINATIONS_AT_ONCE)
        )
        self._after = found[-1] if len(found) == DESTINATIONS_AT_ONCE else outbox.NOWHERE
        if not found:
            return
        await self._forget_unwanted(found)
        now = world.clock()
        shards = await world.store.read(
            lambda conn: outbox.shards_to_drain(conn, found, world.owner, now)
        )
        for shard, failures in choose(
            shards,
            self._turns,
            room=ROOM - len(self._turns),
            failing_room=FAILING_ROOM - len(self._failing),
            first=self._looks % SHARDS,
        ):
            self._begin(shard, failing=failures > 0)
        self._looks += 1

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return bool(self._turns)

    async def settled(self) -> None:
        """Wait until every turn that was begun is over."""
        while self._turns:
            await asyncio.wait(self._turns.values())

    async def _rest(self, seconds: float) -> None:
        """Wait for so long; less where a turn ends, since others may wait for its room."""
        self._ended.clear()
        await asyncio.sleep(LEAST_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()

    def _begin(self, shard: Shard, *, failing: bool) -> None:
        if failing:
            self._failing.add(shard)
        task = asyncio.create_task(self._turn(shard), name="publishing")
        self._turns[shard] = task
        task.add_done_callback(lambda _: self._end(shard))

    def _end(self, shard: Shard) -> None:
        self._turns.pop(shard, None)
        self._failing.discard(shard)
        self._ended.set()

    async def _turn(self, shard: Shard) -> None:
        try:
            await Turn(self._world, shard).run()
        except ServiceUnavailable:
            _log.warning("publishing waits: the store does not answer")
        except Exception:  # noqa: BLE001 - the stage's loop: recorded, the lease ends by itself
            _log.exception("a turn of publishing failed")

    async def _forget_unwanted(self, found: Sequence[bytes]) -> None:
        """Remove what waits for destinations that are gone or disabled."""
        store = self._world.store
        unwanted = await store.read(
            lambda conn: [one for one in found if not outbox.is_wanted(conn, one)]
        )
        for one in unwanted:
            await store.write(partial(_forget, one))

    async def _stop(self) -> None:
        """End the turns under way, and their leases, so that others need not wait for their end."""
        turns = dict(self._turns)
        for task in turns.values():
            task.cancel()
        await asyncio.gather(*turns.values(), return_exceptions=True)
        world, now = self._world, self._world.clock()
        with contextlib.suppress(ServiceUnavailable):
            for shard in turns:
                await world.store.write(partial(_leave, shard, world.owner, now))


def _forget(destination: bytes, conn: Connection) -> None:
    outbox.forget_destination(conn, destination, FORGET_AT_ONCE)


def _leave(shard: Shard, owner: str, now: int, conn: Connection) -> None:
    outbox.leave_shard(conn, shard, owner, now, 0)


def choose(
    found: Iterable[tuple[Shard, int]],
    taken: Iterable[Shard],
    *,
    room: int,
    failing_room: int,
    first: int = 0,
) -> list[tuple[Shard, int]]:
    """Choose shards to give a turn: one of each destination, then a second one, and so on. Pure.

    Shards of destinations that fail share `failing_room`, a part of `room`; no destination has more
    than OF_A_DESTINATION. `first`: the number to begin with, another one each time, so that none is
    always the last.
    """
    busy = set(taken)
    turns = Counter(shard.destination_id for shard in busy)
    by_number = sorted(
        (one for one in found if one[0] not in busy),
        key=lambda one: ((one[0].number - first) % SHARDS, one[0].destination_id),
    )
    chosen: list[tuple[Shard, int]] = []
    for shard, failures in by_number:
        if len(chosen) >= room:
            break
        if turns[shard.destination_id] >= OF_A_DESTINATION:
            continue
        if failures:
            if failing_room <= 0:
                continue
            failing_room -= 1
        turns[shard.destination_id] += 1
        chosen.append((shard, failures))
    return chosen
