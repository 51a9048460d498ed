"""Runs one target on many inputs for a time, and keeps the input that broke it."""

import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzz.generator import inputs

CORPUS = Path(__file__).parent / "corpus"
FAILED = Path(__file__).parent / "failed"
SLOWEST = 2.0
"""Seconds for one input of at most LONGEST bytes: more is not linear time."""


@dataclass(frozen=True, slots=True)
class Target:
    """A function that raises when what always holds does not, and examples of its input."""

    name: str
    check: Callable[[bytes], None]
    examples: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """How many inputs were tried, and where the one that failed was saved."""

    tried: int
    slowest: float
    failed: Path | None = None


def examples_of(target: Target) -> list[bytes]:
    """Its own examples, those of its corpus folder, and what it failed on before."""
    folders = (CORPUS / target.name, FAILED / target.name)
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    return [*target.examples, *(path.read_bytes() for path in files)]


def run(target: Target, seconds: float, seed: int) -> Result:
    """Try inputs until one fails or the time is over; all examples are always tried."""
    examples = examples_of(target)
    end = time.monotonic() + seconds
    slowest, tried = 0.0, 0
    for data in inputs(random.Random(seed), examples):
        began = time.monotonic()
        if tried > len(examples) and began > end:
            break
        tried += 1
        try:
            target.check(data)
        except Exception:  # noqa: BLE001 - whatever it is, it must not happen
            traceback.print_exc()
            return Result(tried, slowest, _save(target, data))
        slowest = max(slowest, time.monotonic() - began)
        if slowest > SLOWEST:
            print(f"{target.name}: {slowest:.1f} s for {len(data)} bytes")
            return Result(tried, slowest, _save(target, data))
    return Result(tried, slowest)


def _save(target: Target, data: bytes) -> Path:
    folder = FAILED / target.name
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.iterdir()))
    path = folder / f"{number:04}"
    path.write_bytes(data)
    return path
