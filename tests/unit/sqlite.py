"""A serving SQLite store for tests of what runs above it, and a way to take it down."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from pillarbox.store.store import Store
from tests.store.empty import write_empty_store
from tests.store.rows import add_account


@contextmanager
def serving_store(folder: Path) -> Iterator[Store]:
    """A migrated store with one account and its threads running."""
    store = Store(write_empty_store(folder / "pillarbox.sqlite"))
    with store.transaction() as conn:
        add_account(conn)
    store.start()
    yield store
    store.close()


class Outage:
    """Every statement of the store fails while `down`."""

    def __init__(self, store: Store) -> None:
        self.down = False
        self._refused = threading.Semaphore(0)
        event.listen(store.engine, "before_cursor_execute", self._refuse)

    async def refusals(self, count: int) -> None:
        """Wait until so many statements more have failed."""
        for _ in range(count):
            await asyncio.to_thread(self._refused.acquire, timeout=60)

    def _refuse(self, *_: object) -> None:
        if self.down:
            self._refused.release()
            raise OperationalError("the store is down", None, Exception())
