"""Room in memory for a message that comes in over SMTP, out of the same budget as HTTP's bodies.

Takes the size a client declares, and what really comes; both are held against the budget, so that a
client that declares nothing, or lies, gets no more than one that tells the truth.
"""

import asyncio
from contextlib import AsyncExitStack

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.wire.http.admission import BodyBudget

FIRST = 64 * 1024
LONGEST_STEP = 4 * 1024 * 1024
GROW_SECONDS = 2.0


class MessageRoom:
    """What one session holds of the budget."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self._waited_for = AsyncExitStack()
        self._taken = 0
        self.size = 0

    def take_now(self, declared: int) -> bool:
        """Take room for a message if there is any without waiting."""
        size = max(declared, FIRST)
        if not self._budget.take_now(size):
            return False
        self._taken += size
        self.size += size
        return True

    async def take(self, declared: int) -> None:
        """Wait for room for a message. Raises ServiceUnavailable when there is none for too
        long.
        """
        size = max(declared, FIRST)
        await self._waited_for.enter_async_context(self._budget.room(size))
        self.size += size

    async def grow(self) -> None:
        """Wait a little for as much again. Raises ServiceUnavailable when there is none.

        Only a little, since who waits here holds room that others wait for.
        """
        step = min(max(self.size, FIRST), LONGEST_STEP)
        if self.take_now(step):
            return
        try:
            async with asyncio.timeout(GROW_SECONDS):
                await self.take(step)
        except TimeoutError:
            raise ServiceUnavailable from None

    async def give_back(self) -> None:
        """Give everything back."""
        taken, self._taken, self.size = self._taken, 0, 0
        self._budget.give_back(taken)
        await self._waited_for.aclose()
