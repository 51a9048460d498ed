"""Receiving servers that throw mail away: Debian's smtp-sink, and a recorder of who got what.

`SmtpSink` only counts, and is the fastest: benches use it. `Recorder` (tests/peers/recorder.py in a
process of its own) writes a line for every message it has acknowledged: the kill test needs to know
which ones arrived, and how often.
"""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from tests.peers.programs import end, spawn
from tests.peers.wait import ARRIVAL_SECONDS, answers, free_port, until

SMTP_SINK = shutil.which("smtp-sink", path="/usr/sbin:/usr/local/sbin")
COUNT = re.compile(rb"mesg=(\d+)")
COUNT_WIDTH = 200
"""Bytes at the end of smtp-sink's output that surely hold its last counter line."""


class SmtpSink:
    """A running smtp-sink on a free port; `received` counts the messages since it started."""

    def __init__(self, folder: Path) -> None:
        assert SMTP_SINK is not None, "make system installs Debian's postfix"
        self.port = free_port()
        self.output = folder / f"smtp-sink-{self.port}"
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = spawn(
            [SMTP_SINK, "-c", *user, f"127.0.0.1:{self.port}", "1024"], self.output
        )
        until(lambda: answers(self.port), ARRIVAL_SECONDS, "smtp-sink to listen")

    def received(self) -> int:
        """How many messages it has acknowledged."""
        with self.output.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - COUNT_WIDTH))
            counts = COUNT.findall(log.read())
        return int(counts[-1]) if counts else 0

    def stop(self) -> None:
        """End it."""
        end(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One acknowledged message for one recipient; `at` in seconds of `time.monotonic`."""

    recipient: str
    message_id: str
    at: float


class Recorder:
    """A receiving server that records (recipient, Message-ID) of every message it acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.record = folder / f"received-{self.port}"
        self.record.touch()
        self._read = self._lines = 0
        command = [sys.executable, "-m", "tests.peers.recorder", str(self.port), str(self.record)]
        self.process = spawn(command, folder / f"recorder-{self.port}.log")
        until(lambda: answers(self.port), ARRIVAL_SECONDS, "the recording server to listen")

    def deliveries(self) -> list[Delivery]:
        """Every acknowledged delivery, in the order of their arrival."""
        whole, _, _ = self.record.read_text().rpartition("\n")  # the last may be half written
        fields = (line.split() for line in whole.splitlines())
        return [Delivery(r, m, int(when) / 1e9) for r, m, when in fields]

    def is_idle(self) -> bool:
        """Whether nobody is connected, and all that was sent by who is gone is recorded."""
        connections = psutil.Process(self.process.pid).net_connections("tcp")
        return all(one.status == psutil.CONN_LISTEN for one in connections)

    def lines(self) -> int:
        """How many lines the record has: cheap enough to ask again and again."""
        with self.record.open("rb") as record:
            record.seek(self._read)
            new = record.read()
        self._read += len(new)
        self._lines += new.count(b"\n")
        return self._lines

    def stop(self) -> None:
        """End it."""
        end(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
