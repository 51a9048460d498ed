"""Reports read right, in counts per class, and reports read per second; beside two other readers.

The samples are those of flufl.bounce's own tests, read from its source distribution: a folder or a
`.tar.gz` named by PILLARBOX_REPORT_SAMPLES, or found beside the checkout. Half of them, chosen by a
hash of the name, were set aside: our rules were written without looking at them. flufl.bounce and
Sisimai are asked the same where they are installed.
"""

import ast
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

from bench import report_kinds
from bench.measure import Figure, median_of, table
from bench.report_types import PERMANENT, clear_types
from pillarbox.model.report import ReportKind
from pillarbox.proto.report.bounce_class import TRANSIENT, classify
from pillarbox.proto.report.reading import read_report

VARIABLE = "PILLARBOX_REPORT_SAMPLES"
PLACES = (Path("build/flufl_bounce"),)
SECONDS = 1.0

#: What a reader says of a sample: the failed recipients, and those that may still be reached.
Answer = tuple[frozenset[str], frozenset[str]]
Reader = Callable[[Path], Answer]


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample, its class, and what its distribution's tests expect of it."""

    path: Path
    kind: str
    permanent: frozenset[str]
    temporary: frozenset[str]

    @property
    def set_aside(self) -> bool:
        """Whether it belongs to the half that the rules were written without."""
        return hashlib.sha256(self.path.name.encode()).digest()[0] % 2 == 1


def run() -> str:
    """Print what each reader got right, and how fast ours and flufl.bounce are."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = _distribution(Path(scratch))
        if folder is None:
            missing = f"\nreports: no samples; name flufl.bounce's source in {VARIABLE}"
            return report_kinds.run() + missing
        samples = _samples(folder)
        readers = _readers(samples)
        lines = [_accuracy(samples, readers, aside=aside) for aside in (False, True)]
        lines += [_types(samples, readers, aside=aside) for aside in (False, True)]
        return "\n".join([report_kinds.run(), *lines, _speed(samples, readers)])


def _distribution(scratch: Path) -> Path | None:
    named = os.environ.get(VARIABLE)
    for place in [Path(named)] if named else PLACES:
        archives = [place] if place.is_file() else sorted(place.glob("*.tar.gz"))
        if archives:
            with tarfile.open(archives[0]) as archive:
                archive.extractall(scratch, filter="data")
        found = next((scratch if archives else place).glob("**/tests/test_detectors.py"), None)
        if found is not None:
            return found.parent.parent
    return None


def _samples(folder: Path) -> list[Sample]:
    """Read the table of the distribution's test: samples and the failures expected in them."""
    tree = ast.parse((folder / "tests" / "test_detectors.py").read_text())
    rows = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DETECTORS"
    )
    data = folder / "tests" / "data"
    said: dict[str, tuple[str, set[str], set[str]]] = {}
    for detector, name, addresses, temporary in rows:
        _, gone, waiting = said.setdefault(name, (detector, set(), set()))
        (waiting if temporary else gone).update(one.decode().lower() for one in addresses)
    return [
        Sample(data / name, detector, frozenset(gone), frozenset(waiting))
        for name, (detector, gone, waiting) in sorted(said.items())
    ]


def _readers(samples: list[Sample]) -> dict[str, Reader]:
    readers: dict[str, Reader] = {"pillarbox": _ours}
    if importlib.util.find_spec("flufl") and importlib.util.find_spec("flufl.bounce"):
        readers["flufl.bounce"] = _flufl
    sisimai = _ask_sisimai([sample.path for sample in samples])
    if sisimai is not None:
        readers["Sisimai"] = lambda path: sisimai[path.name]
    return readers


def _ours(path: Path) -> Answer:
    report = read_report(path.read_bytes())
    gone, waiting = set(), set()
    for one in report.recipients:
        kind = classify(one.status, one.code, one.diagnostic or "")
        soft = report.kind is ReportKind.DELAY or kind.bounce_type == TRANSIENT
        (waiting if soft else gone).add(one.address.lower())
    return frozenset(gone), frozenset(waiting)


def _flufl(path: Path) -> Answer:
    from flufl.bounce import all_failures  # noqa: PLC0415 - a peer that may not be there

    waiting, gone = all_failures(message_from_bytes(path.read_bytes()))
    return _lower(gone), _lower(waiting)


def _lower(found: set[bytes]) -> frozenset[str]:
    return frozenset(one.decode("utf-8", "replace").lower() for one in found)


_PERL = """
use Sisimai; use JSON; $/ = undef; my %out;
for my $file (@ARGV) {
  my $got = eval { Sisimai->make($file, 'delivered' => 0) } || [];
  $out{$file} = [map { [$_->recipient->address, $_->softbounce, $_->reason] } @$got];
}
print JSON->new->utf8->encode(\\%out);
"""


def _ask_sisimai(paths: list[Path]) -> dict[str, Answer] | None:
    try:
        done = subprocess.run(
            ["perl", "-e", _PERL, *map(str, paths)], capture_output=True, timeout=120, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    answers = {}
    for name, found in json.loads(done.stdout).items():
        told = [(one[0].lower(), str(one[1]), one[2]) for one in found if one[2] != "vacation"]
        gone = frozenset(address for address, soft, _ in told if soft == "0")
        answers[Path(name).name] = gone, frozenset(address for address, *_ in told) - gone
    return answers


def _accuracy(samples: list[Sample], readers: dict[str, Reader], *, aside: bool) -> str:
    """Count samples with exactly the right recipients, and reports told from no reports."""
    chosen = [sample for sample in samples if sample.set_aside == aside]
    title = "set aside" if aside else "looked at while writing the rules"
    lines = ["", f"reports, {len(chosen)} samples {title}: the failed recipients right"]
    kinds = Counter(_class(sample) for sample in chosen)
    lines.append(f"  {'class':24}{'samples':>8}" + "".join(f"{name:>14}" for name in readers))
    right = {name: Counter[str]() for name in readers}
    told = Counter[str]()
    for sample in chosen:
        truth = sample.permanent | sample.temporary
        for name, reader in readers.items():
            gone, waiting = reader(sample.path)
            right[name][_class(sample)] += gone | waiting == truth
            told[name] += bool(gone | waiting) == bool(truth)
            if os.environ.get("SHOW") == name and gone | waiting != truth and not aside:
                lines.append(f"    {sample.path.name}: {sorted(gone | waiting)}; {sorted(truth)}")
    for kind, count in sorted(kinds.items()):
        row = "".join(f"{right[name][kind]:>14}" for name in readers)
        lines.append(f"  {kind:24}{count:>8}{row}")
    total = "".join(f"{sum(right[name].values()):>14}" for name in readers)
    lines.append(f"  {'all':24}{len(chosen):>8}{total}")
    lines.append(
        f"  {'a report or none':24}{len(chosen):>8}"
        + "".join(f"{told[name]:>14}" for name in readers)
    )
    return "\n".join(lines)


def _types(samples: list[Sample], readers: dict[str, Reader], *, aside: bool) -> str:
    """Count recipients whose failure is clear, and how many are told permanent or temporary right.

    One that a reader does not name is told wrong.
    """
    right, found = Counter[str](), Counter[str]()
    kinds = Counter[str]()
    for sample in samples:
        if sample.set_aside != aside:
            continue
        truth = clear_types(sample.path.read_bytes(), sample.permanent | sample.temporary)
        kinds.update(truth.values())
        for name, reader in readers.items():
            gone, waiting = reader(sample.path)
            for address, kind in truth.items():
                found[name] += address in gone | waiting
                right[name] += address in (gone if kind == PERMANENT else waiting)
                if os.environ.get("SHOW") == name and not aside:
                    wrong = address not in (gone if kind == PERMANENT else waiting)
                    if wrong:
                        print(f"    {sample.path.name}: {address} is {kind}")
    title = "set aside" if aside else "looked at"
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    told = "".join(
        f"\n  {name:24}{right[name]:>8} right of {found[name]} named" for name in readers
    )
    return (
        f"\nreports {title}: permanent or temporary, {sum(kinds.values())} clear ({counted}){told}"
    )


def _class(sample: Sample) -> str:
    return re.sub(r"\d+$", "", sample.kind)


def _speed(samples: list[Sample], readers: dict[str, Reader]) -> str:
    mails = [sample.path.read_bytes() for sample in samples]
    figures = [median_of("pillarbox", lambda: _rate(read_report, mails))]
    if "flufl.bounce" in readers:
        from flufl.bounce import all_failures  # noqa: PLC0415 - a peer that may not be there

        figures.append(
            median_of(
                "flufl.bounce, with the parsing it needs",
                lambda: _rate(lambda mail: all_failures(message_from_bytes(mail)), mails),
            )
        )
    against: Figure = figures[-1]
    return table("reports read, in CPU time of one thread", figures, against)


def _rate(read: Callable[[bytes], object], mails: list[bytes]) -> float:
    done, began = 0, time.process_time()
    while (took := time.process_time() - began) < SECONDS:
        for mail in mails:
            read(mail)
        done += len(mails)
    return done / took
