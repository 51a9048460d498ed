"""The last hop of capture mode: a mailbox on disk.

One file for each recipient of each message, in a folder for each day; names sort by time of
acceptance. A file is written beside its name and renamed, so that a reader never sees half of one,
and a message that is delivered again after a crash overwrites itself.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from operator import gt, lt
from pathlib import Path

import msgspec

from pillarbox.base.ids import ses_message_id, uuid7_ms
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Attempt, Delivered, Outcome, Reply
from pillarbox.model.queued import Claim, Message

ANSWER = Reply(250, "2.6.0 Message received", "2.6.0")


class CapturedMessage(msgspec.Struct, frozen=True):
    """One captured message; `raw`: base64 on the wire, the whole message as it would have been
    sent.
    """

    recipient: str
    sender: str
    message_id: str
    return_path: str
    captured_at: int
    raw: bytes


class CaptureMailbox:
    """Takes every message and keeps it in a folder."""

    def __init__(self, folder: Path, region: str) -> None:
        self._folder = folder
        self._region = region
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="capture")

    async def deliver(
        self, claim: Claim, message: Message, envelope: Envelope, content: Sequence[bytes]
    ) -> Outcome:
        """Keep one message for one recipient."""
        captured = CapturedMessage(
            recipient=envelope.recipient,
            sender=message.source,
            message_id=ses_message_id(message.id, self._region),
            return_path=envelope.return_path,
            captured_at=message.created_at,
            raw=b"".join(content),
        )
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._write, claim, captured)
        return Delivered(ANSWER, Attempt(host="capture"))

    async def close(self) -> None:
        """Finish what is being written."""
        self._threads.shutdown()

    def _write(self, claim: Claim, captured: CapturedMessage) -> None:
        day = self._folder / day_of(claim.message_id)
        day.mkdir(parents=True, exist_ok=True)
        file = day / f"{claim.message_id.hex()}-{claim.position:03d}-{claim.account_id}.json"
        # Of this claim alone: who lost it a moment ago may still be writing the same copy.
        beside = file.with_suffix(f".{claim.token.hex()}.new")
        with beside.open("wb") as writing:
            writing.write(msgspec.json.encode(captured))
            writing.flush()
            os.fsync(writing.fileno())
        beside.rename(file)
        _sync_folder(day)


def day_of(message_id: bytes) -> str:
    """Name the folder of a message: the day it was accepted, UTC."""
    return f"{datetime.fromtimestamp(uuid7_ms(message_id) / 1000, UTC):%Y-%m-%d}"


def captured_files(
    folder: Path, account_id: str, *, past: str = "", oldest_first: bool = False
) -> Iterator[Path]:
    """Give an account's captured messages, the newest first, or the oldest, a day's folder at a
    time; `past`: those past this one in that order, named by how its file's name begins.
    """
    beyond, end, first = gt if oldest_first else lt, f"-{account_id}.json", _day_named(past)
    days = sorted((one for one in folder.glob("*") if one.is_dir()), reverse=not oldest_first)
    for day in days:
        if first and beyond(first, day.name):
            continue
        names: list[str] = []
        # Not glob, which is slow with the hundred thousand that a day may have.
        with suppress(FileNotFoundError), os.scandir(day) as found:  # cleared away meanwhile
            names = [one.name for one in found if one.name.endswith(end)]
        if past:
            names = [one for one in names if beyond(one.removesuffix(end), past)]
        yield from (day / name for name in sorted(names, reverse=not oldest_first))


def read_captured(file: Path) -> CapturedMessage | None:
    """Read one captured message; None when it was cleared away in the meantime."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=CapturedMessage)
    except FileNotFoundError:
        return None


def _day_named(file: str) -> str:
    """Name the folder of a file by its name, "" when none is named so."""
    try:
        message_id = bytes.fromhex(file[:32])
        return day_of(message_id) if len(message_id) == 16 else ""
    except (ValueError, OverflowError):
        return ""


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
