"""Gauges with labels that others choose, written by whichever worker of the deployment works them
out, in the text format 0.0.4.

The file is replaced as a whole. One that nobody has written for a while is not shown: another node
has taken over, and two must not tell of the same.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pillarbox.observe.series import Labels, label_text

STALE_SECONDS = 180.0
_FILE = "reputation.gauges"
_MEANINGS = {
    "aws_ses_reputation_bounce_rate": "Reputation.BounceRate: the share that bounced for good.",
    "aws_ses_reputation_complaint_rate": "Reputation.ComplaintRate: the share that complained.",
}


@dataclass(frozen=True, slots=True)
class Gauge:
    """One value of a series."""

    name: str
    labels: Labels
    value: float


def write_gauges(folder: Path, gauges: Sequence[Gauge]) -> None:
    """Show these gauges on this node from now on. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / _FILE
    if not gauges:
        file.unlink(missing_ok=True)
        return
    new = file.with_suffix(".new")
    new.write_bytes(msgspec.json.encode([(one.name, one.labels, one.value) for one in gauges]))
    new.replace(file)


def gauge_exposition(folder: Path) -> str:
    """Write what is shown; nothing where it is too old to be so still."""
    file = folder / _FILE
    try:
        if time.time() - file.stat().st_mtime > STALE_SECONDS:
            return ""
        kept = msgspec.json.decode(file.read_bytes(), type=list[tuple[str, Labels, float]])
    except (FileNotFoundError, msgspec.DecodeError):
        return ""
    lines: list[str] = []
    for name, meaning in _MEANINGS.items():
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
        lines += [
            f"{name}{label_text(labels)} {value:.15g}"
            for known, labels, value in kept
            if known == name
        ]
    return "".join(line + "\n" for line in lines)
