"""Tells the other workers what this one learned of groups, and learns what they did.

At once when a group complained, and every two seconds while there is anything to tell or a group
has complained lately; while all is well it reads every five seconds and writes nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.adaptive import CEILING, GroupState, grown, shrunk
from pillarbox.deliver.last_hop import LastHop, MxHosts
from pillarbox.deliver.shaping import Learned, Shaping
from pillarbox.deliver.shaping_gauges import FactorGauges
from pillarbox.observe.metrics import SHAPED_GROUPS, WorkerMetrics
from pillarbox.store.addresses import shaping as rows
from pillarbox.store.store import Store

BUSY_S, QUIET_S = 2.0, 5.0
#: A group that is back at its limits is shown so long as having complained.
REMEMBER_MS = 3_600_000


class ShapingKeeper:
    """The loop of one worker."""

    def __init__(
        self,
        store: Store,
        shaping: Shaping,
        show: Callable[[Sequence[GroupState]], None] = lambda _states: None,
    ) -> None:
        self._store = store
        self._shaping = shaping
        self._show = show
        self._woken = asyncio.Event()
        self._busy = True
        shaping.urgent = self._woken.set

    async def run(self) -> None:
        """Exchange until cancelled."""
        while True:
            await self.exchange()
            with suppress(TimeoutError):
                async with asyncio.timeout(BUSY_S if self._busy else QUIET_S):
                    await self._woken.wait()
            self._woken.clear()

    async def exchange(self) -> None:
        """Tell and learn once."""
        learned, now = self._shaping.take_learned(), now_ms()
        try:
            if learned:
                await self._store.write(lambda conn: fold(conn, learned, now))
            states = [GroupState(*row) for row in await self._store.read(rows.all_states)]
        except ServiceUnavailable:
            return  # what was learned here stays in force here
        self._shaping.tell(states)
        self._show(states)
        self._busy = bool(states)


async def keep_shaping(store: Store, last_hop: LastHop, metrics: WorkerMetrics) -> None:
    """Exchange what is learned of groups until cancelled, and count it; nothing in capture mode."""
    if not isinstance(last_hop, MxHosts) or last_hop.shaping is None:
        return
    shaping = last_hop.shaping
    listed = {group.name for group in shaping.groups.listed}

    def count(metric: str, name: str) -> None:
        metrics.add(metric, name if name in SHAPED_GROUPS and name in listed else "other")

    shaping.shrank = partial(count, "pillarbox_shaping_shrunk_total")
    shaping.blocked = partial(count, "pillarbox_addresses_blocked_total")
    await ShapingKeeper(store, shaping, FactorGauges(metrics.folder, listed).show).run()


def fold(conn: Connection, learned: list[Learned], now: int) -> None:
    """Bring what all workers know of groups up to date with what one has seen."""
    names = [one.name for one in learned]
    known = {row[0]: GroupState(*row) for row in rows.hold_states(conn, names)}
    for one in sorted(learned, key=lambda one: one.name):
        before = known.get(one.name, GroupState(one.name))
        after = grown(before, now) if one.sign is None else shrunk(before, one.sign, now)
        if after != before:
            rows.write_state(
                conn, one.name, after.factor, after.why, after.shrunk_at, after.changed_at
            )
    rows.forget_states(conn, CEILING, now - REMEMBER_MS)
