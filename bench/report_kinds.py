"""Our own cases of mail that came back: how many of each kind each reader tells right.

They were written together with our rules, so they are no proof of ours; they show what the other
readers make of complaints, delays and automatic replies. flufl.bounce knows neither complaints nor
why a failure is temporary: what it calls temporary counts as a delay.
"""

import importlib.util
import json
import subprocess
import tomllib
from collections import Counter
from email import message_from_bytes
from pathlib import Path

from pillarbox.proto.report.reading import read_report

CASES = Path(__file__).parent.parent / "tests" / "cases" / "reports"
KINDS = ("bounce", "delay", "complaint", "neither")
_PERL = """
use Sisimai; use JSON; my %out;
for my $file (@ARGV) {
  my $got = eval { Sisimai->make($file) } || [];
  $out{$file} = [map { [$_->reason, $_->action] } @$got];
}
print JSON->new->utf8->encode(\\%out);
"""


def run() -> str:
    """Count per kind, for each reader that is installed."""
    paths = sorted(CASES.glob("*/message.eml"))
    told = {"pillarbox": {path: _plain(read_report(path.read_bytes()).kind) for path in paths}}
    if importlib.util.find_spec("flufl") and importlib.util.find_spec("flufl.bounce"):
        told["flufl.bounce"] = {path: _flufl(path) for path in paths}
    sisimai = _sisimai(paths)
    if sisimai:
        told["Sisimai"] = sisimai
    right = {path: _expected(path) for path in paths}
    lines = ["", f"reports, our {len(paths)} own cases: the kind right"]
    lines.append(f"  {'kind':24}{'cases':>8}" + "".join(f"{name:>14}" for name in told))
    for kind in KINDS:
        chosen = [path for path in paths if right[path] == kind]
        counts = Counter(name for name in told for path in chosen if told[name][path] == kind)
        row = "".join(f"{counts[name]:>14}" for name in told)
        lines.append(f"  {kind:24}{len(chosen):>8}{row}")
    return "\n".join(lines)


def _plain(kind: str) -> str:
    return kind if kind in KINDS else "neither"


def _expected(path: Path) -> str:
    return _plain(tomllib.loads((path.parent / "expected.toml").read_text())["kind"])


def _flufl(path: Path) -> str:
    from flufl.bounce import all_failures  # noqa: PLC0415 - a peer that may not be there

    temporary, permanent = all_failures(message_from_bytes(path.read_bytes()))
    return "bounce" if permanent else "delay" if temporary else "neither"


def _sisimai(paths: list[Path]) -> dict[Path, str]:
    try:
        done = subprocess.run(
            ["perl", "-e", _PERL, *map(str, paths)], capture_output=True, timeout=120, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    found = json.loads(done.stdout)
    return {path: _named(found[str(path)]) for path in paths}


def _named(rows: list[list[str]]) -> str:
    kinds = {
        "complaint" if reason == "feedback" else "delay" if action == "delayed" else "bounce"
        for reason, action in rows
        if reason != "vacation" and action != "delivered"
    }
    return next((kind for kind in ("complaint", "bounce", "delay") if kind in kinds), "neither")
