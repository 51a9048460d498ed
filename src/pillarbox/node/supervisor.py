"""The supervisor: starts one process a worker, starts a dead one again, stops them all.

It holds no store connection and no thread while it supervises, so that forking is safe. A worker
that dies is started again in its slot, which takes back what the dead one held; one that keeps
dying is started more and more slowly. Workers watch a pipe: when the supervisor is gone, they end.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from types import FrameType

FORK = multiprocessing.get_context("fork")
GRACE_SECONDS = 20.0
MAX_PAUSE_SECONDS = 30.0
#: A worker that lived this long is not counted as one that keeps dying.
HEALTHY_SECONDS = 60.0

#: Runs one worker until it is told to stop: (slot, descriptor that ends with the supervisor).
RunWorker = Callable[[int, int], None]


@dataclass(slots=True)
class _Slot:
    process: "multiprocessing.process.BaseProcess"
    started: float
    failures: int = 0
    again_at: float | None = None


class Supervisor:
    """Keeps `count` workers running until SIGTERM or SIGINT."""

    def __init__(self, run_worker: RunWorker, count: int, log: Callable[[str], None]) -> None:
        self._run_worker = run_worker
        self._count = count
        self._log = log
        self._slots: dict[int, _Slot] = {}
        self._stopping = False
        self._alive_end, self._watched_end = os.pipe()[::-1]

    def run(self) -> None:
        """Start the workers and keep them running; return when all have ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for slot in range(self._count):
            self._start(slot)
        while not self._stopping:
            living = [one.process.sentinel for one in self._slots.values() if not one.again_at]
            wait(living, timeout=0.2 if len(living) < self._count else 1.0)
            if not self._stopping:
                self._replace_dead()
        self._end_all()

    def _start(self, slot: int, failures: int = 0) -> None:
        process = FORK.Process(target=self._in_worker, args=(slot,), name=f"worker-{slot}")
        process.start()
        self._slots[slot] = _Slot(process, time.monotonic(), failures)

    def _in_worker(self, slot: int) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # until the worker's loop takes them over
        os.close(self._alive_end)
        self._run_worker(slot, self._watched_end)

    def _replace_dead(self) -> None:
        for slot, one in list(self._slots.items()):
            if one.process.is_alive():
                continue
            if one.again_at is None:
                self._note_death(slot, one)
            elif time.monotonic() >= one.again_at:
                self._start(slot, one.failures)

    def _note_death(self, slot: int, one: _Slot) -> None:
        now = time.monotonic()
        one.failures = 0 if now - one.started > HEALTHY_SECONDS else one.failures + 1
        pause = min(MAX_PAUSE_SECONDS, 0.1 * 2**one.failures) if one.failures > 1 else 0.0
        one.again_at = now + pause
        self._log(f"worker {slot} ended with {one.process.exitcode}, again in {pause:.1f} s")

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for one in self._slots.values():
            if one.process.is_alive() and one.process.pid:
                os.kill(one.process.pid, signal.SIGTERM)

    def _end_all(self) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        for one in self._slots.values():
            one.process.join(max(0.0, deadline - time.monotonic()))
            if one.process.is_alive():
                one.process.kill()
                one.process.join()
