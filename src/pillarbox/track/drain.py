"""The drain: what the journal holds becomes events, in batches; then its segments are deleted.

A receipt's id is its event's, so that reading records twice changes nothing: after a crash, or when
the store went away in the middle, they are simply read again. While the
store is down the journal grows and redirects go on. People who click go first: while many come in,
the drain leaves most of the processor to them and catches up afterwards.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.model.event import CLICK, Event
from pillarbox.proto.journal_frames import Segment, read_records, read_segment
from pillarbox.store.store import Store
from pillarbox.track.journal import Journal
from pillarbox.track.receipt import Receipt, decode_receipt
from pillarbox.track.recording import FindPlace, ReadTags, events_of, look_up, record_batch
from pillarbox.track.segments import OpenSegment

EVERY_SECONDS = 0.5
AGAIN_SECONDS = 1.0
BATCH = 500
#: So many requests while one batch is drained are many (about 2,000 a second); the drain then rests
#: for REST times as long as the batch took.
MANY = 50
REST = 5
_log = logging.getLogger(__name__)

#: Told what became of receipts: (what, of which label, how many).
Report = Callable[[str, str, int], None]


class Drain:
    """Drains one worker's journal, and before that the segments that others left."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        left: Sequence[Path],
        find_place: FindPlace,
        read_tags: ReadTags,
        report: Report,
    ) -> None:
        self._store = store
        self._journal = journal
        self._decide = partial(events_of, find_place=find_place, read_tags=read_tags)
        self._report = report
        self._left = list(left)
        self._waiting = False

    async def run(self) -> None:
        """Drain until it is cancelled."""
        while True:
            try:
                await self.drain()
                self._waiting = False
                await asyncio.sleep(EVERY_SECONDS)
            except ServiceUnavailable:
                if not self._waiting:
                    _log.warning("opens and clicks stay in the journal: the store does not answer")
                self._waiting = True
                await asyncio.sleep(AGAIN_SECONDS)

    async def drain(self) -> None:
        """Record all that was received up to now.

        Raises ServiceUnavailable when the store can't be reached; nothing is lost then.
        """
        while self._left:
            file = self._left[0]
            found = read_segment(await asyncio.to_thread(file.read_bytes))
            await self._record_all(found, file)
            await asyncio.to_thread(file.unlink)
            del self._left[0]
        for segment in self._journal.segments():
            await self._drain_segment(segment)

    async def _drain_segment(self, segment: OpenSegment) -> None:
        finished = segment.finished  # asked first: nothing comes after it
        if segment.synced > segment.drained:
            records, end = await asyncio.to_thread(segment.read_undrained)
            await self._record_all(read_records(records, segment.marker), segment.file)
            segment.drained = end
        if finished:
            self._journal.delete(segment)

    async def _record_all(self, found: Segment, file: Path) -> None:
        if found.damaged:
            _log.error("%s: %d damaged bytes are left out", file, found.damaged)
            self._report("pillarbox_track_damaged_bytes_total", "", found.damaged)
        receipts = [decode_receipt(payload) for payload in found.payloads]
        loop = asyncio.get_running_loop()
        readable = [one for one in receipts if one is not None]
        self._skip("unreadable", len(receipts) - len(readable))
        for start in range(0, len(readable), BATCH):
            began, before = loop.time(), self._journal.taken
            await self._record(readable[start : start + BATCH])
            if self._journal.taken - before >= MANY:
                await asyncio.sleep(min((loop.time() - began) * REST, AGAIN_SECONDS))

    async def _record(self, receipts: Sequence[Receipt]) -> None:
        """Record receipts; where one can't be, the others are."""
        try:
            await self._record_together(receipts)
        except ServiceUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - recorded below, alone we see whose it is
            if len(receipts) == 1:
                _log.error("an open or click can't be recorded: %r", receipts[0], exc_info=error)
                self._skip("failed", 1)
                return
            for one in receipts:
                await self._record([one])

    async def _record_together(self, receipts: Sequence[Receipt]) -> None:
        known = await self._store.read(partial(look_up, receipts=receipts))
        made: list[Event] = await asyncio.to_thread(self._decide, receipts, known)
        fresh: list[Event] = await self._store.submit(record_batch, made) if made else []
        self._skip("unknown_message", len(receipts) - len(made))
        self._skip("again", len(made) - len(fresh))
        for event in fresh:
            name = "pillarbox_clicks_total" if event.type == CLICK else "pillarbox_opens_total"
            self._report(name, event.detail["verdict"], 1)

    def _skip(self, why: str, count: int) -> None:
        if count:
            self._report("pillarbox_track_skipped_total", why, count)
