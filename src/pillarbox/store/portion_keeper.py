"""Keeps a worker's portions of shared limits alive: reads often, writes only what has changed.

Takes the store and the worker's `Portions`; renews them while anything is used, at once when a
portion is missing, and else twice a second. While nothing is used it touches nothing. `take` is for
callers that would rather wait a moment than be told when.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.portions import INTERVAL_MS, Grant, Portions
from pillarbox.store.portions import (
    FORGET_MS,
    Renewal,
    changes,
    forget_the_dead,
    read_holdings,
    renew_portions,
)
from pillarbox.store.store import Store

#: The least time between two renewals.
BREATH_S = 0.02
#: So long, at most, a patient caller waits for the worker's first portion, beside its patience.
ARRIVAL_S = 10.0


class PortionKeeper:
    """Renews one worker's portions. `holder`: NODE/SLOT; `clock`: milliseconds since the epoch."""

    def __init__(self, store: Store, holder: str, clock: Callable[[], int] = now_ms) -> None:
        self.portions = Portions(self._wake)
        #: Called after each renewal: what was refused may be allowed now.
        self.renewed: Callable[[], None] = lambda: None
        self._store = store
        self._holder = holder
        self._clock = clock
        self._hungry = asyncio.Event()
        self._renewed = asyncio.Event()
        self._cleaned_at = 0
        self._busy = False

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL_MS / 1000 if self._busy else None):
                    await self._hungry.wait()
            self._hungry.clear()
            await self.renew()
            await asyncio.sleep(BREATH_S)

    async def renew(self) -> None:
        """Bring the portions up to date; while the store is down they run out by themselves."""
        now = self._clock()
        wishes, given_back = self.portions.wishes(now), self.portions.given_back()
        self._busy = bool(wishes)
        renewal = Renewal(self._holder, now, wishes, given_back)
        try:
            self.portions.grant(await self._renewed_grants(renewal), now)
        except ServiceUnavailable:
            await asyncio.sleep(INTERVAL_MS / 1000)
            return
        self.renewed()
        self._renewed.set()
        self._renewed = asyncio.Event()

    async def take(
        self,
        name: str,
        per_second: float,
        amount: float = 1.0,
        *,
        burst_s: float = 1.0,
        patience_s: float = 0.0,
    ) -> float:
        """Take tokens of a rate, waiting up to `patience_s`; 0: taken, else when to ask again.

        Patience begins with the portion: while there is none, nobody has been too fast. A machine
        that is just starting may take its time to get one.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_s
        latest = loop.time() + ARRIVAL_S
        while True:
            wait = self.portions.take(name, per_second, self._clock(), amount, burst_s)
            now = loop.time()
            if patience_s > 0.0 and now < latest and not self.portions.holds(name, self._clock()):
                until = now + patience_s
            left = until - now
            if not wait or left <= 0.0:
                return wait
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait, left)):
                    await self._renewed.wait()

    def _wake(self) -> None:
        self._hungry.set()

    async def _renewed_grants(self, renewal: Renewal) -> list[Grant]:
        names = [wish.name for wish in renewal.wishes]
        if names and not renewal.given_back:
            found = await self._store.read(lambda conn: read_holdings(conn, names))
            if not changes(renewal, renewal.wishes, found):
                return []
        elif not names and not renewal.given_back:
            return []
        grants: list[Grant] = await self._store.submit(renew_portions, renewal)
        if renewal.now - self._cleaned_at > FORGET_MS:
            self._cleaned_at = renewal.now
            await self._store.write(lambda conn: forget_the_dead(conn, renewal.now))
        return grants
