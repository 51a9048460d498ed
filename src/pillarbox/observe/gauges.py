"""Gauges with labels that others choose, written by whichever worker of the deployment works them
out, in the text format 0.0.4.

Each subject has a file, which is replaced as a whole. One that nobody has written for a while is
not shown: another node has taken over, and two must not tell of the same.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pillarbox.observe.series import Labels, label_text

STALE_SECONDS = 180.0
_ENDING = ".gauges"
_MEANINGS = {
    "aws_ses_reputation_bounce_rate": "Reputation.BounceRate: the share that bounced for good.",
    "aws_ses_reputation_complaint_rate": "Reputation.ComplaintRate: the share that complained.",
    "pillarbox_shaping_factor": "Share of its full limits that a group of hosts gets now.",
}


@dataclass(frozen=True, slots=True)
class Gauge:
    """One value of a series."""

    name: str
    labels: Labels
    value: float


def write_gauges(folder: Path, gauges: Sequence[Gauge], subject: str = "reputation") -> None:
    """Show these gauges of a subject on this node from now on. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{subject}{_ENDING}"
    if not gauges:
        file.unlink(missing_ok=True)
        return
    new = folder / f"{subject}.{os.getpid()}.new"  # several workers may write of the same subject
    new.write_bytes(msgspec.json.encode([(one.name, one.labels, one.value) for one in gauges]))
    new.replace(file)


def gauge_exposition(folder: Path) -> str:
    """Write what is shown; nothing of a subject that is too old to be so still."""
    kept = [row for file in sorted(folder.glob(f"*{_ENDING}")) for row in _kept(file)]
    lines: list[str] = []
    for name, meaning in _MEANINGS.items():
        rows = [(labels, value) for known, labels, value in kept if known == name]
        if rows:
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
            lines += [f"{name}{label_text(labels)} {value:.15g}" for labels, value in rows]
    return "".join(line + "\n" for line in lines)


def _kept(file: Path) -> list[tuple[str, Labels, float]]:
    try:
        if time.time() - file.stat().st_mtime > STALE_SECONDS:
            return []
        return msgspec.json.decode(file.read_bytes(), type=list[tuple[str, Labels, float]])
    except (FileNotFoundError, msgspec.DecodeError):
        return []
