"""The driver of Firehose destinations: local delivery streams, as files in the data directory.

    streams/ACCOUNT/STREAM/2026/01/05/10/STREAM-1-2026-01-05-10-00-00-ID.jsonl.gz

A record is the same JSON as SNS gets, a line each. A worker has one open file for each stream; it
is closed at a size or an age, and at the end of the worker.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pillarbox.base.ids import uuid7, uuid_text
from pillarbox.destinations.stream_file import StreamFile, recover
from pillarbox.model.event_destination import Firehose
from pillarbox.model.publishing import NotYet, Outcome, Place, Published, Record, Refused

TICK_SECONDS = 1.0
_log = logging.getLogger(__name__)
Stream = tuple[str, str]


class StreamDriver:
    """Writes to the local delivery streams of this node."""

    def __init__(
        self, folder: Path, *, most_bytes: int, most_seconds: int, clock: Callable[[], int]
    ) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_ms = most_seconds * 1000
        self._clock = clock
        self._open: dict[Stream, StreamFile] = {}
        # All files are written by this one thread, so that no write meets another of its file.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="streams")

    async def run(self) -> None:
        """Finish what a former process left, then close files that are old enough."""
        try:
            await self._in_thread(recover, self._folder)
        except OSError:
            _log.exception("what a former process left of delivery streams can't be finished")
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                await self.close_old()
            except OSError:
                _log.exception("a delivery stream's file can't be closed")

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Write all records, or none."""
        assert isinstance(place.target, Firehose)  # noqa: S101 - the router's choice
        stream = place.account_id, place.target.stream_arn.rpartition("/")[2]
        lines = [msgspec.json.encode(one.body) for one in records]
        outcome: Outcome = Published()
        if not stream[1].strip("."):
            outcome = Refused("a delivery stream of that name can have no folder here")
        else:
            try:
                await self._in_thread(self._append, stream, lines)
            except OSError as error:
                outcome = NotYet(f"the file can't be written: {error.strerror or error}")
        return {one.event_id: outcome for one in records}

    async def close_old(self) -> None:
        """Close the files whose first event is old enough."""
        await self._in_thread(self._close_before, self._clock() - self._most_ms)

    async def close(self) -> None:
        """Close all files."""
        await self._in_thread(self._close_before, None)
        self._thread.shutdown()

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    def _append(self, stream: Stream, lines: Sequence[bytes]) -> None:
        file = self._open.get(stream)
        if file is None:
            now = self._clock()
            file = self._open[stream] = StreamFile(self._file(stream, now), now)
        try:
            file.append(lines)
        except OSError:
            self._open.pop(stream).abandon()
            raise
        if file.size >= self._most_bytes:
            self._open.pop(stream).close()

    def _close_before(self, moment: int | None) -> None:
        for stream, file in list(self._open.items()):
            if moment is None or file.opened_at <= moment:
                self._open.pop(stream).close()

    def _file(self, stream: Stream, now: int) -> Path:
        account, name = stream
        moment = datetime.fromtimestamp(now / 1000, UTC)
        file = f"{name}-1-{moment:%Y-%m-%d-%H-%M-%S}-{uuid_text(uuid7(now))}.jsonl.gz"
        return self._folder / account / name / f"{moment:%Y/%m/%d/%H}" / file
