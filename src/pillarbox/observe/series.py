"""Counters with labels that others choose, of all workers of a node, in the text format 0.0.4.

Each worker slot has a file with its series, replaced as a whole, so that it is never half written;
a worker that is started again goes on from its slot's file. How many series a worker counts is
bounded: what would be one more goes to the series of the same name whose labels all say OTHER.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

#: What the labels of a series say that stands for all those past the limit.
OTHER = "(other)"
Labels = tuple[tuple[str, str], ...]
Series = tuple[str, Labels]
_MEANINGS = {"pillarbox_account_events_total": "Events of each account's mail, by type."}
_Kept = list[tuple[str, Labels, float]]


class WorkerSeries:
    """One worker's series. `limit`: how many it counts apart from those of OTHER.

    `family`: what else of the worker has a file of its own.
    """

    def __init__(self, folder: Path, slot: int, limit: int, family: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / (f"{slot}.{family}.series" if family else f"{slot}.series")
        self._limit = limit
        self._counts: Counter[Series] = Counter(_read(self._file))

    def add(self, series: Iterable[Series]) -> int:
        """Count one for each of some series, and keep it; give how many went to OTHER.

        Raises OSError, and then nothing is counted.
        """
        before, cut = self._counts.copy(), 0
        for one in series:
            if one not in self._counts and len(self._counts) >= self._limit:
                cut += 1
                self._counts[_other(one)] += 1
            else:
                self._counts[one] += 1
        try:
            self._keep()
        except OSError:
            self._counts = before
            raise
        return cut

    def _keep(self) -> None:
        kept = [(name, labels, value) for (name, labels), value in self._counts.items()]
        new = self._file.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(kept))
        new.replace(self._file)


def series_exposition(folder: Path) -> str:
    """Write the series of all workers of a node together; nothing where there are none."""
    total: Counter[Series] = Counter()
    for file in sorted(folder.glob("*.series")):
        total.update(_read(file))
    lines: list[str] = []
    last = ""
    for (name, labels), value in sorted(total.items()):
        if name != last:
            meaning = _MEANINGS.get(name, "Counted for event destinations.")
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} counter"]
            last = name
        lines.append(f"{name}{label_text(labels)} {value:.15g}")
    return "".join(line + "\n" for line in lines)


def _read(file: Path) -> dict[Series, float]:
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=_Kept)
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    return {(name, labels): value for name, labels, value in kept}


def _other(series: Series) -> Series:
    name, labels = series
    return name, tuple((label, OTHER) for label, _ in labels)


def label_text(labels: Sequence[tuple[str, str]]) -> str:
    """Write labels as a series has them behind its name."""
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{shown}}}" if shown else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
