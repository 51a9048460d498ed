"""One turn of a shard: take its lease, publish what is due in order, write what became of it.

Takes a shard that has something; hands its events to a driver, some at a time. A turn is over
before its lease is, so the lease is never renewed; what was under way when a process died is
published again by whoever takes the shard next.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from pillarbox.destinations.order import next_due, ready
from pillarbox.destinations.report import Report
from pillarbox.destinations.schedule import shard_delay_ms
from pillarbox.model.event_destination import Sns
from pillarbox.model.publishing import NotYet, Outcome, Place, Record, Shard, Waiting
from pillarbox.model.topic import Subscription
from pillarbox.store.publishing import outbox
from pillarbox.store.publishing.topics import find_place, onward_of
from pillarbox.store.store import Store

#: How far a shard is read ahead: so many events that wait may lie before one that can go. So many
#: are handed on to webhooks in one transaction, too.
WINDOW = 500
#: So far it is read first.
AHEAD = 100
#: Records in memory at once, for each shard that is being drained.
BATCH = 50
LEASE_MS = 60_000
#: No new batch is begun after this long; one batch must end within the rest of the lease.
TURN_MS = 10_000
PUBLISH_SECONDS = 25.0
#: A shard whose events all wait is looked at again so soon: others may have come.
LOOK_AGAIN_MS = 2_000
_log = logging.getLogger(__name__)


class Driver(Protocol):
    """Publishes to one kind of destination."""

    def publish(
        self, place: Place, records: Sequence[Record]
    ) -> Awaitable[Mapping[bytes, Outcome]]:
        """Publish records in their order; give what became of them, by their events' ids.

        One that has no outcome was not tried; at least one has.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a turn works with. `driver`: gives the driver of a place; `count`: counts outcomes."""

    store: Store
    owner: str
    driver: Callable[[Place], Driver]
    count: Callable[[str, int], None]
    clock: Callable[[], int]


class Turn:
    """One turn of one shard."""

    def __init__(self, world: Surroundings, shard: Shard) -> None:
        self._world = world
        self._shard = shard

    async def run(self) -> bool:
        """Take the turn; tell whether the shard could be taken."""
        world, now = self._world, self._world.clock()
        failures = await world.store.write(
            lambda conn: outbox.take_shard(conn, self._shard, world.owner, now, now + LEASE_MS)
        )
        if failures is None:
            return False
        place = await world.store.read(lambda conn: find_place(conn, self._shard.destination_id))
        if place is None:
            await self._leave(now, 0)
            return True
        while await self._step(place, failures, now):
            failures = 0
        return True

    async def _step(self, place: Place, failures: int, began: int) -> bool:
        """Publish some events; tell whether there may be more to do in this turn."""
        world, now = self._world, self._world.clock()
        seen = await world.store.read(partial(_look, self._shard, place, now))
        if not seen.due or now - began > TURN_MS:
            await self._leave(now if seen.due else _look_again(seen.waiting, now), failures)
            return False
        report = await self._publish(place, seen)
        stuck = not report.through
        if stuck:
            waiting = await world.store.read(
                lambda conn: outbox.read_waiting(conn, self._shard, WINDOW)
            )
            report.give_up_old(waiting, world.clock())
        await world.store.write(lambda conn: self._write(conn, place, report, failures))
        self._count(report)
        return not stuck and not report.down

    async def _publish(self, place: Place, seen: "_Seen") -> Report:
        """Have the driver publish events, until the destination seems to be down."""
        world, report = self._world, Report()
        if seen.onward is not None:
            report.hand_on(seen.due, seen.onward)
            return report
        records = seen.records
        report.done += [one.event_id for one in seen.due if one.event_id not in records]
        left = [one for one in seen.due if one.event_id in records]
        driver = world.driver(place)
        while left and not report.down:
            outcomes = await _ask(driver, place, [records[one.event_id] for one in left])
            for one in left:
                if one.event_id in outcomes:
                    report.add(one, outcomes[one.event_id], world.clock(), _jitter())
            left = [one for one in left if one.event_id not in outcomes and not report.holds(one)]
        return report

    def _write(self, conn: Connection, place: Place, report: Report, failures: int) -> None:
        """Write a report in one transaction; a shard where nothing went through rests."""
        now = self._world.clock()
        outbox.pass_on(conn, self._shard, report.onward, place.account_id)
        outbox.remove_waiting(conn, self._shard, report.done)
        outbox.postpone(conn, self._shard, report.later)
        outbox.bury(conn, self._shard, report.dead, now=now)
        if report.through and not report.down:
            return
        failures = 1 if report.through else failures + 1
        delay = shard_delay_ms(failures, _jitter())
        outbox.leave_shard(conn, self._shard, self._world.owner, now + delay, failures)

    async def _leave(self, due_at: int, failures: int) -> None:
        owner = self._world.owner
        await self._world.store.write(
            lambda conn: outbox.leave_shard(conn, self._shard, owner, due_at, failures)
        )

    def _count(self, report: Report) -> None:
        for outcome, number in (
            ("published", len(report.done)),
            ("retried", len(report.later)),
            ("dead", len(report.dead)),
        ):
            if number:
                self._world.count(outcome, number)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look at a shard found: the oldest that wait, what may go now, the records of that.

    `onward`: the webhooks that get it next, so that no record is needed; None: a driver's work.
    """

    waiting: Sequence[Waiting]
    due: Sequence[Waiting]
    records: Mapping[bytes, Record]
    onward: tuple[bytes, ...] | None = None


def _look(shard: Shard, place: Place, now: int, conn: Connection) -> _Seen:
    """Read what can go from a shard now, in one transaction."""
    if isinstance(place.target, Sns):
        onward = onward_of(conn, place.account_id, place.target.topic_arn)
        if onward is not None:
            waiting = outbox.read_waiting(conn, shard, WINDOW)
            return _Seen(waiting, ready(waiting, now), {}, onward)
    waiting = outbox.read_waiting(conn, shard, AHEAD)
    due = ready(waiting, now)[:BATCH]
    if not due and len(waiting) == AHEAD:
        waiting = outbox.read_waiting(conn, shard, WINDOW)
        due = ready(waiting, now)[:BATCH]
    records = outbox.read_records(conn, [one.event_id for one in due])
    if not isinstance(place.target, (Sns, Subscription)):
        records = {key: one for key, one in records.items() if not one.notice}
    return _Seen(waiting, due, records)


async def _ask(driver: Driver, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
    """Have a driver publish; whatever goes wrong inside it, the events are kept."""
    try:
        async with asyncio.timeout(PUBLISH_SECONDS):
            return await driver.publish(place, records)
    except TimeoutError:
        reason = "it took too long"
    except Exception:  # noqa: BLE001 - the stage's loop: recorded, and tried again
        _log.exception("publishing to %s failed", type(place.target).__name__)
        reason = "an error of ours: see the log"
    return {one.event_id: NotYet(reason) for one in records}


def _look_again(waiting: Sequence[Waiting], now: int) -> int:
    """Say when to look at a shard again in which nothing can go now."""
    return min(now + LOOK_AGAIN_MS, max(now, next_due(waiting, now))) if waiting else now


def _jitter() -> float:
    return random.random()  # noqa: S311 - no secret: it spreads retries
