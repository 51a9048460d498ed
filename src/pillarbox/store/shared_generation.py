"""The generation of a scope, asked for by many at once.

What one worker commits, the next question on any worker sees. Those who ask while a read is under
way share the one that begins next: a read that had begun before might miss what was committed
meanwhile.
"""

import asyncio

from pillarbox.store.store import Store


class SharedGeneration:
    """Reads one scope's generation."""

    def __init__(self, store: Store, scope: str) -> None:
        self._store = store
        self._scope = scope
        self._waiting: asyncio.Future[int] | None = None
        self._reading: asyncio.Task[None] | None = None

    async def current(self) -> int:
        """Give the generation. Raises ServiceUnavailable when the store can't be reached."""
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_future()
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_for_all())
        return await asyncio.shield(self._waiting)

    async def _read_for_all(self) -> None:
        while self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            try:
                waiting.set_result(await self._store.generation(self._scope))
            except Exception as error:  # noqa: BLE001 - handed to each one who waits
                waiting.set_exception(error)
                waiting.exception()  # seen: nobody may be waiting any more
        self._reading = None
