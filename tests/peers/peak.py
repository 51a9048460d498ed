"""The most memory that processes were ever resident with, as Linux tells it (VmHWM)."""

import os
from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest

MEGABYTE = 1_000_000


def peak_megabytes(processes: Iterable[psutil.Process]) -> list[float]:
    """The peak of each process."""
    return [_told(one.pid, "VmHWM") / MEGABYTE for one in processes]


def resident_megabytes() -> float:
    """What this process is resident with now."""
    return _told(os.getpid(), "VmRSS") / MEGABYTE


def _told(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"Linux tells the {name} of every process")


def tell(capsys: pytest.CaptureFixture[str], what: str, peaks: Iterable[float]) -> None:
    """Print the figures."""
    with capsys.disabled():
        print(f"\n{what}: workers peak at {', '.join(f'{peak:.0f} MB' for peak in peaks)}")
