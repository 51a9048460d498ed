"""Room for request bodies: they wait for it before they are read, so that memory stays bounded.

Takes the size a request declares; hands on a place within the budget, kept until the request is
answered. One large body at a time per process; the others in the order they came. Who waits too
long, or finds the queue too long, is told ServiceUnavailable: refusing early keeps what was
admitted alive (design §4).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.wire.http.limits import Limits


class BodyBudget:
    """Bytes of request bodies that may be in memory at once in this process."""

    def __init__(self, limits: Limits) -> None:
        self._free = self._total = limits.budget
        self._large = limits.large
        self._patience = limits.patience
        self._queue = limits.queue
        self._one_large = asyncio.Lock()
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._large_waiting = 0

    @asynccontextmanager
    async def room(self, size: int) -> AsyncIterator[None]:
        """Hold room for a body of that size. Raises ServiceUnavailable when there is none for too
        long.
        """
        size = min(size, self._total)
        if size <= self._large:
            await self._take(size)
            try:
                yield
            finally:
                self.give_back(size)
            return
        await self._enter_large()
        try:
            await self._take(size)
            try:
                yield
            finally:
                self.give_back(size)
        finally:
            self._one_large.release()

    def take_now(self, size: int) -> bool:
        """Take room that is free without waiting; whoever got it calls `give_back`."""
        if size > min(self._free, self._large) or self._waiting:
            return False
        self._free -= size
        return True

    async def _enter_large(self) -> None:
        if self._large_waiting >= self._queue:
            raise ServiceUnavailable
        self._large_waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._one_large.acquire()
        except TimeoutError:
            raise ServiceUnavailable from None
        finally:
            self._large_waiting -= 1

    async def _take(self, size: int) -> None:
        if size <= self._free and not self._waiting:
            self._free -= size
            return
        if len(self._waiting) >= self._queue:
            raise ServiceUnavailable
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as reason:
            self._withdraw(size, turn)
            if isinstance(reason, TimeoutError):
                raise ServiceUnavailable from None
            raise

    def _withdraw(self, size: int, turn: asyncio.Future[None]) -> None:
        """Leave the queue; give back what was granted in the very moment of giving up."""
        if turn.done() and not turn.cancelled():
            self.give_back(size)
            return
        self._waiting = deque(one for one in self._waiting if one[1] is not turn)
        self._admit()

    def give_back(self, size: int) -> None:
        """Give room back to those who wait for it."""
        self._free += size
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            size, turn = self._waiting.popleft()
            if not turn.done():
                self._free -= size
                turn.set_result(None)
