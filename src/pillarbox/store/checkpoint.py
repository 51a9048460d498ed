"""Moving SQLite's write-ahead log back into the database, beside the writers.

Every second, one process of the machine copies what it can without making anybody wait (PASSIVE).
Under steady load that never reaches the end of the log, so a log that has grown large is emptied in
a writer's turn (TRUNCATE): by then nearly all is copied, and the wait is short.
"""

import fcntl
import os
import sqlite3
import threading
from pathlib import Path

from pillarbox.store.dialect import WriterGate

INTERVAL_SECONDS = 1.0
LARGE_LOG = 64 * 1024 * 1024


class Checkpointer:
    """A thread that checkpoints one SQLite database until it is closed."""

    def __init__(self, file: Path, gate: WriterGate) -> None:
        self._file = file
        self._gate = gate
        self._log = file.with_name(file.name + "-wal")
        self._turn = file.with_name(file.name + ".checkpoint")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after the checkpoint that is under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL_SECONDS):
            try:
                self._checkpoint_if_first()
            except (OSError, sqlite3.Error):
                continue  # a full disk or a locked file: nothing is lost, try again

    def _checkpoint_if_first(self) -> None:
        if not self._log.exists() or self._log.stat().st_size == 0:
            return
        descriptor = os.open(self._turn, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._checkpoint()
        except BlockingIOError:
            return  # another worker is at it
        finally:
            os.close(descriptor)

    def _checkpoint(self) -> None:
        connection = sqlite3.connect(self._file, isolation_level=None, timeout=10)
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if self._log.stat().st_size > LARGE_LOG:
                with self._gate.turn():
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
