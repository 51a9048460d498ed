"""`python -m fuzz [TARGET...] [--seconds N] [--seed N]`: throw bytes at every parser.

Each target gets N seconds (FUZZ_SECONDS, default 20). An input that fails is saved and shown; exit
code 1. An input that takes longer than a second fails too: parsers are linear.
"""

import argparse
import os
import sys
import time
import traceback
from pathlib import Path

from fuzz.mutate import inputs
from fuzz.targets import TARGETS, Target

SLOW_SECONDS = 1.0


def main() -> int:
    """Run the targets that are asked for; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument(
        "--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS", "20"))
    )
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    known = {target.name: target for target in TARGETS}
    if unknown := [name for name in asked.targets if name not in known]:
        parser.error(f"no target {unknown[0]}; there are: {', '.join(known)}")
    failed = [
        name for name in asked.targets or known if not _run(known[name], asked.seconds, asked.seed)
    ]
    return 1 if failed else 0


def _run(target: Target, seconds: float, seed: int) -> bool:
    end = time.monotonic() + seconds
    tried = 0
    for data in inputs(target.seeds, seed):
        began = time.monotonic()
        if began >= end:
            break
        tried += 1
        try:
            target.run(data)
        except Exception:  # noqa: BLE001 - whatever it is, the target failed
            return _report(target, data, traceback.format_exc(), seed)
        if time.monotonic() - began > SLOW_SECONDS:
            return _report(target, data, f"took longer than {SLOW_SECONDS:g} s", seed)
    print(f"{target.name:16} {tried:>9,} inputs  ok")
    return True


def _report(target: Target, data: bytes, what: str, seed: int) -> bool:
    file = Path(f"fuzz-{target.name}-{seed}.input")
    file.write_bytes(data)
    print(f"{target.name:16} FAILED with the input in {file} ({len(data)} bytes):\n{what}")
    return False


if __name__ == "__main__":
    sys.exit(main())
