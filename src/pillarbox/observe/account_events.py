"""Events of each account as Prometheus counters: what CloudWatch has as account-level metrics.

Takes what commits stored, from any thread, and writes it every few seconds. Accounts past the limit
are counted together (`observe/series.py`); a crash loses the last seconds.
"""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pillarbox.observe.series import WorkerSeries

NAME = "pillarbox_account_events_total"
#: Series of one worker: an account has one for each type of event.
LIMIT = 2000
EVERY_SECONDS = 5.0
_log = logging.getLogger(__name__)


class AccountEvents:
    """Counts for one worker slot."""

    def __init__(self, folder: Path, slot: int) -> None:
        self._series = WorkerSeries(folder, slot, LIMIT, "accounts")
        self._lock = threading.Lock()
        self._waiting: Counter[tuple[str, str]] = Counter()

    def add(self, told: Mapping[tuple[str, str], int]) -> None:
        """Count events of (account, type); any thread may."""
        with self._lock:
            self._waiting.update(told)

    async def run(self) -> None:
        """Write what was counted, over and over, and a last time when this is cancelled."""
        try:
            while True:
                await asyncio.sleep(EVERY_SECONDS)
                await asyncio.to_thread(self.keep)
        finally:
            self.keep()

    def keep(self) -> None:
        """Write what was counted; where the disk takes nothing, it is tried again with the next."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
        if not waiting:
            return
        try:
            self._series.add(
                (NAME, (("account_id", account), ("type", kind)))
                for (account, kind), number in sorted(waiting.items())
                for _ in range(number)
            )
        except OSError:
            _log.warning("the events of accounts can't be counted: the disk takes nothing")
            self.add(waiting)
