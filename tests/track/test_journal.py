"""The journal on a real disk: nothing is told before it is synced, and a full disk stops nobody."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from pillarbox.proto.journal_frames import read_segment
from pillarbox.track import journal as journal_module
from pillarbox.track import segments as segments_module
from pillarbox.track.journal import Journal
from pillarbox.track.segments import left_segments


def on_disk(folder: Path) -> list[bytes]:
    """Every payload in the folder's segments."""
    return [
        one for file in left_segments(folder) for one in read_segment(file.read_bytes()).payloads
    ]


async def keep(journal: Journal, *payloads: bytes) -> None:
    """Append payloads and wait until all are told."""
    told = [asyncio.Event() for _ in payloads]
    for payload, event in zip(payloads, told, strict=True):
        journal.append(payload, event.set)
    for event in told:
        await event.wait()


@pytest.fixture
async def lost() -> list[int]:
    """What the journal said is lost."""
    return []


@pytest.fixture
async def journal(tmp_path, lost):
    """A journal that runs."""
    made = Journal(tmp_path, lost.append)
    made.start()
    yield made
    await made.close()


async def test_who_is_told_finds_the_payload_on_the_disk_and_synced(journal, tmp_path, monkeypatch):
    synced: list[list[bytes]] = []
    fdatasync = os.fdatasync

    def sync(descriptor: int) -> None:
        fdatasync(descriptor)
        synced.append(on_disk(tmp_path))

    monkeypatch.setattr(os, "fdatasync", sync)
    await keep(journal, b"one")
    assert synced == [[b"one"]]


async def test_what_comes_together_shares_a_sync(journal, monkeypatch):
    syncs: list[int] = []
    fdatasync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda one: (syncs.append(one), fdatasync(one)))
    await keep(journal, *(b"%d" % number for number in range(500)))
    assert len(syncs) == 1


async def test_a_full_segment_is_followed_by_another_and_nothing_is_between(
    journal, tmp_path, monkeypatch
):
    monkeypatch.setattr(segments_module, "SEGMENT_BYTES", 4096)
    payloads = [b"%04d" % number + bytes(200) for number in range(100)]
    for payload in payloads:
        await keep(journal, payload)
    assert len(journal.segments()) > 3
    assert sorted(on_disk(tmp_path)) == payloads


async def test_the_next_worker_finds_what_this_one_left(tmp_path):
    first = Journal(tmp_path, print)
    assert first.start() == []
    await keep(first, b"one", b"two")
    await first.close()
    (file,) = left_segments(tmp_path)
    second = Journal(tmp_path, print)
    assert second.start() == [file]
    await keep(second, b"three")
    assert read_segment(file.read_bytes()).payloads == (b"one", b"two")
    await second.close()


async def test_what_is_drained_is_gone_after_the_end(tmp_path):
    journal = Journal(tmp_path, print)
    journal.start()
    await keep(journal, b"one")
    (segment,) = journal.segments()
    segment.drained = segment.synced
    await journal.close()
    assert left_segments(tmp_path) == []


async def test_a_full_disk_stops_nobody_and_what_waited_is_written_when_it_has_room(
    journal, tmp_path, lost, monkeypatch
):
    await keep(journal, b"before")
    pwrite = os.pwrite

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal_module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(os, "pwrite", refuse)
    await keep(journal, b"one")
    await keep(journal, b"two", b"three")
    assert journal.held >= 2
    monkeypatch.setattr(os, "pwrite", pwrite)
    while journal.held:
        await journal._in_turn()
    await keep(journal, b"after")
    assert sorted(on_disk(tmp_path)) == [b"after", b"before", b"one", b"three", b"two"]
    assert lost == []


async def test_what_does_not_fit_into_memory_either_is_counted(journal, lost, monkeypatch):
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal_module, "HELD", 5)
    monkeypatch.setattr(os, "pwrite", refuse)
    await keep(journal, *(b"%d" % number for number in range(8)))
    await keep(journal, b"9")
    assert sum(lost) == 4
    assert journal.held == 5


async def test_a_failed_sync_gives_its_segment_up(journal, tmp_path, monkeypatch):
    await keep(journal, b"one")
    fdatasync, failures = os.fdatasync, [OSError(errno.EIO, "Input/output error")]

    def sync(descriptor: int) -> None:
        if failures:
            raise failures.pop()
        fdatasync(descriptor)

    monkeypatch.setattr(journal_module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(os, "fdatasync", sync)
    await keep(journal, b"two")
    while journal.held:
        await journal._in_turn()
    await keep(journal, b"three")
    first, second = journal.segments()
    assert first.finished
    assert read_segment(first.file.read_bytes()).payloads == (b"one",)
    assert read_segment(second.file.read_bytes()).payloads == (b"two", b"three")
