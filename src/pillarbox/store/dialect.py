"""Where SQLite and PostgreSQL differ. Nothing else in the program asks which engine it runs on, but
`large_values`.

SQLite: WAL, `synchronous=FULL`, explicit BEGIN, one writer at a time. Processes queue for the
writer's turn on a file lock, which is fair; the busy handler is not. PostgreSQL needs none of that.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pillarbox.base.errors import StartError

#: Options of a connection that is going to write: SQLite then takes its write lock at BEGIN, not in
#: the middle.
WRITER = {"pillarbox_writer": True}
_WORKER = "pillarbox_worker"


def open_engine(url: str, worker: str = "") -> Engine:
    """Open the store's engine: `sqlite:///FILE` or `postgresql+psycopg://…`; `worker`: whose.

    Connects to nothing yet. Raises StartError for any other URL.
    """
    backend, named = _backend(url), {_WORKER: worker}
    if backend == "sqlite":
        engine = create_engine(
            url, pool_size=4, max_overflow=4, hide_parameters=True, execution_options=named
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if backend == "postgresql+psycopg":
        return create_engine(
            url,
            pool_size=4,
            max_overflow=4,
            pool_recycle=1800,
            hide_parameters=True,
            execution_options=named,
        )
    raise StartError("[store] url must be sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")


def _backend(url: str) -> str:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return ""
    if parsed.drivername == "sqlite" and parsed.database in {None, "", ":memory:"}:
        return ""  # several processes share the store
    return parsed.drivername


def insert_or_ignore(dialect: str, table: Table) -> Any:
    """Begin an INSERT that leaves an existing row as it is; `dialect`: the connection's."""
    return upsert(dialect, table).on_conflict_do_nothing()


def upsert(dialect: str, table: Table) -> Any:
    """Begin an INSERT to which `.on_conflict_do_update` can be added."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def worker_of(conn: Connection) -> str:
    """Name the worker whose connection it is, empty for the command line.

    Counters have a row for each, so that workers do not wait for each other.
    """
    return str(conn.get_execution_options().get(_WORKER, ""))


def is_sqlite(engine: Engine) -> bool:
    """Tell whether this is the embedded engine."""
    return engine.dialect.name == "sqlite"


def sqlite_file(engine: Engine) -> Path | None:
    """Give the database file of the embedded engine, None for PostgreSQL."""
    return Path(engine.url.database or "") if is_sqlite(engine) else None


def quick_connection(engine: Engine) -> Any:
    """Open a connection for reads too short to be worth handing to a thread.

    Only SQLite has such: None for PostgreSQL, where a read waits for the network.
    """
    file = sqlite_file(engine)
    if file is None:
        return None
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)


def writer_gate(engine: Engine) -> "WriterGate":
    """Give the gate through which each writing transaction of this engine goes."""
    file = sqlite_file(engine)
    return WriterGate(file.with_name(file.name + ".writer") if file else None)


class WriterGate:
    """One writer at a time over all processes of the machine, in the order in which they came
    (SQLite only).
    """

    def __init__(self, lock_file: Path | None) -> None:
        self._lock_file = lock_file

    def turn(self) -> AbstractContextManager[None]:
        """Wait for this writer's turn and hold it."""
        return _locked(self._lock_file) if self._lock_file else nullcontext()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    # A descriptor of its own for each turn: a lock of the same descriptor would not keep two
    # threads apart.
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, in _begin_sqlite
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=10000",
        "wal_autocheckpoint=0",  # store/checkpoint.py does it, on a connection of its own
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writer = connection.get_execution_options().get("pillarbox_writer")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")
