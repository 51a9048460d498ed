"""Group commit: many small writes share one transaction.

A write is an item for a batch function, `f(connection, items) -> results`. One thread takes what
has come in, groups it by function, and runs all groups in one transaction: accepting twenty
messages and settling thirty costs one commit. A result that is an exception is raised to the one
who waits for it, the rest stand. When the transaction itself fails it is rolled back and every item
is tried alone, so that one poisoned row fails alone. Batch functions may therefore run twice for an
item: they must not keep anything outside the transaction.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.store.dialect import WRITER, WriterGate

BatchFunction = Callable[[Connection, Sequence[Any]], Sequence[Any]]

MAX_ITEMS = 256
MAX_BYTES = 16 * 1024 * 1024


@dataclass(slots=True)
class _Write:
    function: BatchFunction
    item: Any
    weight: int
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    result: Any = None


class Writer:
    """The one thread of this process that writes to the store."""

    def __init__(self, engine: Engine, gate: WriterGate) -> None:
        self._engine = engine
        self._gate = gate
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._healthy = True
        self._on_rollback: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether the last transaction could be committed."""
        return self._healthy

    async def submit(self, function: BatchFunction, item: Any, weight: int = 0) -> Any:
        """Have `item` written and wait for the commit; `weight`: its size in bytes, when it
        matters.

        Raises what the batch function returned for the item when that is an exception, and
        ServiceUnavailable when the store can't be reached.
        """
        loop = asyncio.get_running_loop()
        write = _Write(function, item, weight, loop, loop.create_future())
        self._queue.put(write)
        return await write.future

    def on_rollback(self, forget: Callable[[], None]) -> None:
        """Have `forget` called, in this thread, when a transaction failed: for caches it filled."""
        self._on_rollback.append(forget)

    def close(self) -> None:
        """Write what is still waiting, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, stopping = self._collect(first)
            self._commit_together(batch)
            _announce(batch)
            del first, batch  # what was large is not to live on until the next write
            if stopping:
                return

    def _collect(self, first: _Write) -> tuple[list[_Write], bool]:
        batch, weight = [first], first.weight
        while len(batch) < MAX_ITEMS and weight < MAX_BYTES:
            try:
                write = self._queue.get_nowait()
            except queue.Empty:
                break
            if write is None:
                return batch, True
            batch.append(write)
            weight += write.weight
        return batch, False

    def _commit_together(self, batch: list[_Write]) -> None:
        try:
            self._commit(batch)
        except Exception as error:  # noqa: BLE001 - becomes a result; alone, we see whose
            for forget in self._on_rollback:
                forget()
            if len(batch) == 1:
                batch[0].result = self._as_result(error)
                return
            for write in batch:
                self._commit_together([write])

    def _commit(self, batch: list[_Write]) -> None:
        groups: dict[BatchFunction, list[_Write]] = {}
        for write in batch:
            groups.setdefault(write.function, []).append(write)
        writer = self._engine.connect().execution_options(**WRITER)
        with self._gate.turn(), writer as conn, conn.begin():
            for function, writes in groups.items():
                results = function(conn, [write.item for write in writes])
                for write, result in zip(writes, results, strict=True):
                    write.result = result
        self._healthy = True

    def _as_result(self, error: Exception) -> Exception:
        if isinstance(error, DBAPIError) and not _is_our_fault(error):
            self._healthy = False
            unavailable = ServiceUnavailable()
            unavailable.__cause__ = error
            return unavailable
        return error


def _is_our_fault(error: DBAPIError) -> bool:
    """Tell a statement or a row that can never work from a store that can't be reached just now."""
    return type(error).__name__ in {
        "IntegrityError",
        "DataError",
        "ProgrammingError",
        "NotSupportedError",
    }


def _announce(batch: list[_Write]) -> None:
    """Wake those who wait, one call for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Write]] = {}
    for write in batch:
        by_loop.setdefault(write.loop, []).append(write)
    for loop, writes in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, writes)


def _resolve(writes: list[_Write]) -> None:
    for write in writes:
        if write.future.done():
            continue
        if isinstance(write.result, Exception):
            write.future.set_exception(write.result)
        else:
            write.future.set_result(write.result)
