"""`python -m fuzz [TARGET ...] [--seconds N] [--seed N]`: 1 when a target failed, 2 for no such."""

import argparse
import os
import sys

from fuzz.run import run
from fuzz.targets import TARGETS


def main() -> int:
    """Run the named targets, or all, one after the other, and print their counts."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    default = float(os.environ.get("FUZZ_SECONDS", "20"))
    parser.add_argument("--seconds", type=float, default=default, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    known = {target.name: target for target in TARGETS}
    if unknown := set(given.targets) - known.keys():
        print(f"no target {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    failed = 0
    for name in given.targets or known:
        result = run(known[name], given.seconds, given.seed)
        verdict = f"FAILED: {result.failed}" if result.failed else "holds"
        slowest = f"slowest {result.slowest * 1000:.1f} ms"
        print(f"{name:20}{result.tried:>10,} inputs   {slowest:22}{verdict}", flush=True)
        failed += result.failed is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
