"""The files of a journal: one after the other, made ahead, written by one thread.

A segment is filled with zeros and synced before the first record goes into it, by a thread of its
own; that is what makes the sync of a record short. Everything here blocks.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import uuid7
from pillarbox.proto.journal_frames import HEADER_BYTES, MARKER_BYTES, frames, segment_header

SEGMENT_BYTES = 4 * 1024 * 1024
SUFFIX = ".journal"


@dataclass(slots=True)
class OpenSegment:
    """A segment of this process. `synced`: what lies before is on the disk; `finished`: nothing
    more comes; `drained`: what lies before is in the store.
    """

    file: Path
    descriptor: int
    marker: bytes
    synced: int = HEADER_BYTES
    drained: int = HEADER_BYTES
    finished: bool = False

    def append(self, payloads: Sequence[bytes]) -> None:
        """Write payloads and sync them.

        Raises OSError; then the segment can't be used any more, since nothing is known of what a
        failed sync leaves.
        """
        content = frames(self.marker, payloads)
        _write_all(self.descriptor, content, self.synced)
        os.fdatasync(self.descriptor)
        self.synced += len(content)

    @property
    def full(self) -> bool:
        """Whether it is time for the next one."""
        return self.synced >= SEGMENT_BYTES * 7 // 8

    def finish(self) -> None:
        """Write nothing more, and give back what was not used."""
        self.finished = True
        try:
            os.ftruncate(self.descriptor, self.synced)
        except OSError:  # a disk in trouble; reading tells records from zeros anyway
            return
        finally:
            os.close(self.descriptor)

    def read_undrained(self) -> tuple[bytes, int]:
        """Give the records that are not drained yet, and where they end."""
        end = self.synced
        with self.file.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), end - self.drained, self.drained), end


def new_segment(folder: Path) -> OpenSegment:
    """Make a segment, ready to be written: its file and its zeros are on the disk.

    Raises OSError.
    """
    marker = os.urandom(MARKER_BYTES)
    file = folder / f"{uuid7(now_ms()).hex()}{SUFFIX}"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(file, flags, 0o600)
    try:
        header = segment_header(marker)
        _write_all(descriptor, header + bytes(SEGMENT_BYTES - len(header)), 0)
        os.fsync(descriptor)
        _sync_folder(folder)
    except OSError:
        os.close(descriptor)
        file.unlink(missing_ok=True)
        raise
    return OpenSegment(file, descriptor, marker)


def left_segments(folder: Path) -> list[Path]:
    """Give the segments that lie in a folder, the oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def _write_all(descriptor: int, content: bytes, at: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
