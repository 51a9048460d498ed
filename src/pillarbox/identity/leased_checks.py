"""Checks that one worker of the deployment makes for all, each when it is due.

When to check next is a column, so that checks survive restarts; whoever makes something due at once
is seen within a second. What is due is read first, so that an idle deployment takes no lease. What
a check waits for keeps no other check waiting.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.store.leases import take_lease
from pillarbox.store.store import Store

LEASE_MS = 60_000
POLL_SECONDS = 0.5
AT_ONCE = 200
#: After a failure of ours the check's own schedule may still say "now".
FAILURE_SECONDS = 10.0
Due = TypeVar("Due")
_log = logging.getLogger(__name__)


class LeasedChecks(Generic[Due]):
    """The loop. `due` gives what is due now, at most so many; `check` checks one of them; `key`
    tells one from another.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        owner: str,
        *,
        due: Callable[[Connection, int, int], Sequence[Due]],
        check: Callable[[Due], Awaitable[None]],
        key: Callable[[Due], Hashable],
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._name = name
        self._store = store
        self._owner = owner
        self._due = due
        self._check = check
        self._key = key
        self._clock = clock
        self._under_way: dict[Hashable, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Begin what is due, over and over."""
        try:
            pause = 0.0
            while True:
                await asyncio.sleep(pause)
                pause = await self._try_turn()
        finally:
            for task in self._under_way.values():
                task.cancel()

    async def turn(self) -> None:
        """Check what is due now, to the end, while no other worker does; raise what broke off."""
        await self._begin_due()
        results = await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        for one in results:
            if isinstance(one, BaseException):
                raise one

    async def _try_turn(self) -> float:
        """Begin what is due; give the seconds to wait for the next turn."""
        try:
            await self._begin_due()
        except ServiceUnavailable:
            _log.warning("%s wait: the store does not answer", self._name)
        except Exception:  # noqa: BLE001 - the stage's loop: recorded, and tried again
            _log.exception("%s have failed", self._name)
            return FAILURE_SECONDS
        return POLL_SECONDS

    async def _begin_due(self) -> None:
        """Begin the checks that are due, as far as there is room for them."""
        now = self._clock()
        due = await self._store.read(lambda conn: self._due(conn, now, AT_ONCE))
        new = [one for one in due if self._key(one) not in self._under_way]
        if not new or not await self._store.write(
            lambda conn: take_lease(conn, self._name, self._owner, now, now + LEASE_MS)
        ):
            return
        for one in new[: AT_ONCE - len(self._under_way)]:
            key = self._key(one)
            task = asyncio.ensure_future(self._check(one))
            self._under_way[key] = task
            task.add_done_callback(partial(self._done, key))

    def _done(self, key: Hashable, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or (error := task.exception()) is None:
            del self._under_way[key]
            return
        _log.error("%s: the one of %s broke off", self._name, key, exc_info=error)
        asyncio.get_running_loop().call_later(FAILURE_SECONDS, self._under_way.pop, key, None)
