"""One open file of a local delivery stream: JSON Lines, each batch a gzip member of its own.

A file grows under a name that ends in `.part`, under a lock, and gets its own name when it is
closed. A batch is on the disk (fsync) before it counts as published. After a crash only the last
member can be cut; `recover` cuts it off, and whoever published it does so again. Gzip readers take
members one after the other as one file (RFC 1952 §2.2).
"""

import contextlib
import errno
import fcntl
import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

PART = ".part"
_READ = 1024 * 1024


class StreamFile:
    """An open file; `opened_at`: the time of its first batch. Not for two threads at once."""

    def __init__(self, final: Path, opened_at: int) -> None:
        final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.opened_at = opened_at
        self.size = 0
        self._final = final
        self._part = final.with_name(final.name + PART)
        self._descriptor = os.open(
            self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.fstat(self._descriptor).st_nlink:
                # Another process's `recover` came between: what is written would be nowhere.
                raise FileNotFoundError(errno.ENOENT, "it went while it was opened", self._part)
            _sync_folder(final.parent)
        except OSError:
            os.close(self._descriptor)
            raise

    def append(self, lines: Sequence[bytes]) -> None:
        """Append lines, each without its line feed, and return when they are on the disk.

        Raises OSError, and then this file takes no more: `abandon` it.
        """
        member = gzip.compress(b"".join(line + b"\n" for line in lines), 6, mtime=0)
        _write_all(self._descriptor, member)
        os.fsync(self._descriptor)
        self.size += len(member)

    def abandon(self) -> None:
        """Cut off what `append` could not finish and close; where that fails, `recover` does it."""
        try:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
                os.fsync(self._descriptor)
                _finish(self._part, self.size)
        finally:
            os.close(self._descriptor)

    def close(self) -> None:
        """Give the file its own name; an empty one goes."""
        _finish(self._part, self.size)
        os.close(self._descriptor)


def recover(folder: Path) -> int:
    """Finish the files below a folder that nobody writes any more; give how many there were."""
    found = 0
    for part in sorted(folder.rglob("*" + PART)):
        with contextlib.suppress(FileNotFoundError, BlockingIOError), _locked(part) as descriptor:
            size = whole_members(part)
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)
            _finish(part, size)
            found += 1
    return found


def whole_members(file: Path) -> int:
    """Give the length of a file up to the end of its last whole gzip member."""
    whole = position = 0
    reader = zlib.decompressobj(wbits=31)
    with file.open("rb") as stream:
        while chunk := stream.read(_READ):
            while chunk:
                try:
                    reader.decompress(chunk)
                except zlib.error:
                    return whole
                position += len(chunk) - len(reader.unused_data)
                chunk = reader.unused_data
                if reader.eof:
                    whole = position
                    reader = zlib.decompressobj(wbits=31)
    return whole


@contextlib.contextmanager
def _locked(part: Path) -> Iterator[int]:
    descriptor = os.open(part, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)


def _finish(part: Path, size: int) -> None:
    if size:
        part.rename(part.with_name(part.name.removesuffix(PART)))
    else:
        part.unlink()
    _sync_folder(part.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
