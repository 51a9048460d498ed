"""Checks that one worker of the deployment makes for all, each when it is due.

When to check next is a column, so that checks survive restarts; whoever makes something due at once
is seen within a second. What is due is read first, so that an idle deployment takes no lease.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.store.leases import take_lease
from pillarbox.store.store import Store

LEASE_MS = 60_000
POLL_SECONDS = 0.5
AT_ONCE = 20
#: After a failure of ours the check's own schedule may still say "now".
FAILURE_SECONDS = 10.0
Due = TypeVar("Due")
_log = logging.getLogger(__name__)


class LeasedChecks(Generic[Due]):
    """The loop. `due` gives what is due now, at most so many; `check` checks one of them."""

    def __init__(
        self,
        name: str,
        store: Store,
        owner: str,
        due: Callable[[Connection, int, int], Sequence[Due]],
        check: Callable[[Due], Awaitable[None]],
        *,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._name = name
        self._store = store
        self._owner = owner
        self._due = due
        self._check = check
        self._clock = clock

    async def run(self) -> None:
        """Check what is due, over and over."""
        while True:
            pause = POLL_SECONDS
            try:
                await self.turn()
            except ServiceUnavailable:
                _log.warning("%s wait: the store does not answer", self._name)
            except Exception:  # noqa: BLE001 - the stage's loop: recorded, and tried again
                _log.exception("%s have failed", self._name)
                pause = FAILURE_SECONDS
            await asyncio.sleep(pause)

    async def turn(self) -> None:
        """Check what is due now, while no other worker does."""
        now = self._clock()
        due = await self._store.read(lambda conn: self._due(conn, now, AT_ONCE))
        if not due or not await self._store.write(
            lambda conn: take_lease(conn, self._name, self._owner, now, now + LEASE_MS)
        ):
            return
        results = await asyncio.gather(*(self._check(one) for one in due), return_exceptions=True)
        for one in results:
            if isinstance(one, BaseException):
                raise one
