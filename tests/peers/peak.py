"""The most memory that processes were ever resident with, as Linux tells it (VmHWM)."""

from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest

MEGABYTE = 1_000_000


def peak_megabytes(processes: Iterable[psutil.Process]) -> list[float]:
    """The peak of each process."""
    return [_peak(one.pid) / MEGABYTE for one in processes]


def _peak(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("Linux tells the peak of every process")


def tell(capsys: pytest.CaptureFixture[str], what: str, peaks: Iterable[float]) -> None:
    """Print the figures."""
    with capsys.disabled():
        print(f"\n{what}: workers peak at {', '.join(f'{peak:.0f} MB' for peak in peaks)}")
