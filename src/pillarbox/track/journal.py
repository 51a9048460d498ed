"""The node's own journal of tracking requests: what is answered was on the disk before.

Requests hand in payloads; a thread writes what has come in meanwhile and syncs it once (group
sync), then each is told. The drain reads what is synced, and a segment that is full and drained is
deleted. What a worker leaves behind when it dies lies in its slot's folder, for the next one.

A disk that takes nothing more must not keep people from where their click leads: they are told at
once, up to HELD payloads stay in memory and are tried again every second, and what does not fit
there is counted as lost.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path

from pillarbox.track.segments import OpenSegment, left_segments, new_segment

HELD = 20_000
RETRY_SECONDS = 1.0
#: How long a sync that follows another one waits for company. A lone request never waits.
GATHER_SECONDS = 0.002
_log = logging.getLogger(__name__)

Done = Callable[[], None]
_Waiting = tuple[bytes, Done]


class Journal:
    """The journal of one worker slot, from its event loop. `lost`: told how many are lost; `taken`:
    how many payloads have come in.
    """

    def __init__(self, folder: Path, lost: Callable[[int], None]) -> None:
        self._folder = folder
        self._lost = lost
        self._waiting: list[_Waiting] = []
        self._held: list[bytes] = []
        self._writing = False
        self.taken = 0
        self._current: OpenSegment | None = None
        self._spare: OpenSegment | None = None
        self._segments: list[OpenSegment] = []
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._making = self._spare_maker()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> list[Path]:
        """Start the thread; give what former workers of this slot left. Call it in the loop."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        left = left_segments(self._folder)
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return left

    def append(self, payload: bytes, done: Done) -> None:
        """Have a payload written; `done` is called in the loop when it is on the disk.

        It is called as well when the disk takes nothing.
        """
        self.taken += 1
        if self._held:
            self._hold([payload])
            self._loop.call_soon(done)
            return
        self._waiting.append((payload, done))
        if not self._writing:
            self._writing = True
            # Not at once: whatever else this turn of the loop brings shares the sync.
            self._loop.call_soon(self._hand_over)

    @property
    def held(self) -> int:
        """How many payloads are in memory because the disk does not take them."""
        return len(self._held)

    def segments(self) -> list[OpenSegment]:
        """Give this process's segments that are not deleted, the oldest first."""
        return list(self._segments)

    def delete(self, segment: OpenSegment) -> None:
        """Delete a segment that is finished and drained."""
        self._segments.remove(segment)
        segment.file.unlink(missing_ok=True)

    async def close(self) -> None:
        """Write what waits, stop the thread, delete what is drained."""
        while self._writing:
            await self._in_turn()
        self._work.put(None)
        await asyncio.to_thread(self._thread.join)
        for segment in self.segments():
            if segment.drained == segment.synced:
                self.delete(segment)

    async def _in_turn(self) -> None:
        """Wait until the thread has done what it was given before."""
        reached = asyncio.Event()
        self._work.put(lambda: self._tell(reached.set))
        await reached.wait()

    def _tell(self, told: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(told)

    def _hand_over(self) -> None:
        batch, self._waiting = self._waiting, []
        held, self._held = self._held, []
        self._work.put(lambda: self._write(held, batch))

    def _write(self, held: list[bytes], batch: list[_Waiting]) -> None:
        payloads = [*held, *(payload for payload, _ in batch)]
        try:
            self._writable().append(payloads)
        except OSError as error:
            _log.error("the journal can't be written: %s", error.strerror)
            self._finish()
            self._tell(lambda: self._written(batch, payloads))
        else:
            self._tell(lambda: self._written(batch, []))

    def _writable(self) -> OpenSegment:
        """Give the segment to write to; only the thread asks."""
        if self._current is not None and self._current.full:
            self._finish()
        if self._current is None:
            self._current = self._take_spare() or new_segment(self._folder)
            self._segments.append(self._current)
            # The next one is made by a thread of its own while this one fills.
            if not self._making.is_alive():
                self._making = self._spare_maker()
                self._making.start()
        return self._current

    def _spare_maker(self) -> threading.Thread:
        return threading.Thread(target=self._make_spare, name="journal spare", daemon=True)

    def _take_spare(self) -> OpenSegment | None:
        spare = self._spare
        if spare is not None:
            self._spare = None
        return spare

    def _make_spare(self) -> None:
        try:
            self._spare = new_segment(self._folder)
        except OSError as error:
            _log.warning("no segment of the journal can be made ahead: %s", error.strerror)

    def _finish(self) -> None:
        if self._current is not None:
            self._current.finish()
            self._current = None

    def _written(self, batch: list[_Waiting], unwritten: list[bytes]) -> None:
        self._writing = False
        if unwritten:
            batch += self._waiting
            self._hold(unwritten + [payload for payload, _ in self._waiting])
            self._waiting = []
            self._loop.call_later(RETRY_SECONDS, self._try_again)
        elif self._waiting:
            self._writing = True
            self._loop.call_later(GATHER_SECONDS, self._hand_over)
        for _, done in batch:
            done()

    def _hold(self, unwritten: list[bytes]) -> None:
        self._held += unwritten
        if len(self._held) > HELD:
            self._lost(len(self._held) - HELD)
            del self._held[HELD:]

    def _try_again(self) -> None:
        if self._held and not self._writing:
            self._writing = True
            self._hand_over()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except Exception:  # noqa: BLE001 - the thread's loop: recorded
                _log.exception("the journal's thread goes on")
        self._finish()
        if self._making.is_alive():
            self._making.join()
        spare = self._take_spare()
        if spare is not None:
            spare.finish()
            spare.file.unlink(missing_ok=True)
