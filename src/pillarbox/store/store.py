"""The store as the stages use it: asynchronous reads and grouped writes over synchronous query
functions.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from pillarbox.base.errors import ApiError, ServiceUnavailable
from pillarbox.store.checkpoint import Checkpointer
from pillarbox.store.dialect import (
    WRITER,
    open_engine,
    quick_connection,
    sqlite_file,
    writer_gate,
)
from pillarbox.store.generations import QUICK_READ_SCOPE, read_scope
from pillarbox.store.writer import BatchFunction, Writer

T = TypeVar("T")


class Store:
    """One store, opened. `url`: `sqlite:///FILE` or `postgresql+psycopg://…`; `worker`: whose."""

    def __init__(self, url: str, worker: str = "") -> None:
        self.engine = open_engine(url, worker)
        self.gate = writer_gate(self.engine)
        self._writer: Writer | None = None
        self._checkpointer: Checkpointer | None = None
        self._quick: sqlite3.Connection | None = None
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="reader")

    def start(self) -> None:
        """Start the threads that a serving process needs; the command line does without."""
        self._writer = Writer(self.engine, self.gate)
        self._quick = quick_connection(self.engine)
        file = sqlite_file(self.engine)
        if file is not None:
            self._checkpointer = Checkpointer(file, self.gate)

    def on_rollback(self, forget: Callable[[], None]) -> None:
        """Have a cache that transactions fill forget everything when one of them failed."""
        if self._writer is not None:
            self._writer.on_rollback(forget)

    @property
    def healthy(self) -> bool:
        """Whether the last write could be committed."""
        return self._writer is not None and self._writer.healthy

    async def submit(self, function: BatchFunction, item: Any, weight: int = 0) -> Any:
        """Have `item` written by a batch function together with others; see `store/writer.py`."""
        if self._writer is None:
            raise ServiceUnavailable
        return await self._writer.submit(function, item, weight)

    async def write(self, function: Callable[[Connection], T], weight: int = 0) -> T:
        """Run `function(connection)` in a transaction, which may be shared; its ApiErrors fail it
        alone. `weight`: the bytes that it stores, when they matter.
        """
        result: T = await self.submit(_run_each, function, weight)
        return result

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run `function(connection)` in a short read transaction.

        Raises ServiceUnavailable when the store can't be reached.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, function)

    async def generation(self, scope: str) -> int:
        """Give the generation of a scope as it is committed now.

        Raises ServiceUnavailable when the store can't be reached.
        """
        if self._quick is None:
            return await self.read(lambda conn: read_scope(conn, scope))
        try:
            found = self._quick.execute(QUICK_READ_SCOPE, (scope,)).fetchone()
        except sqlite3.Error as error:
            raise ServiceUnavailable from error
        return int(found[0]) if found else 0

    def _read(self, function: Callable[[Connection], T]) -> T:
        try:
            with self.engine.begin() as conn:
                return function(conn)
        except DBAPIError as error:
            raise ServiceUnavailable from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write synchronously: for the command line, start-up and tests."""
        writer = self.engine.connect().execution_options(**WRITER)
        with self.gate.turn(), writer as conn, conn.begin():
            yield conn

    def close(self) -> None:
        """Commit what waits and close every connection."""
        if self._writer is not None:
            self._writer.close()
        if self._checkpointer is not None:
            self._checkpointer.close()
        if self._quick is not None:
            self._quick.close()
        self._readers.shutdown()
        self.engine.dispose()


def _run_each(conn: Connection, functions: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    """Run single writes of a batch, each within a savepoint when it is not alone."""
    return [_run_one(conn, function) for function in functions]


def _run_one(conn: Connection, function: Callable[[Connection], Any]) -> Any:
    try:
        with conn.begin_nested():
            return function(conn)
    except ApiError as error:
        return error
