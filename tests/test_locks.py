"""The lock files: usable with any index, complete, every file of every package by its hash."""

import itertools
import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parent.parent / "requirements"
SETS = ["tools", "runtime", "demo", "dev", "old-boto3", "new-boto3"]


def normal(name: str) -> str:
    """A project's name as the index knows it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(name: str) -> set[str]:
    """The projects that a set's .in file asks for, those of the sets it builds on included."""
    projects: set[str] = set()
    for line in (REQUIREMENTS / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            projects |= wanted(line.removeprefix("-r ").removesuffix(".in").strip())
        elif line and not line.startswith("#"):
            projects.add(normal(re.split(r"[\[<>=~!; ]", line, maxsplit=1)[0]))
    return projects


def locked(name: str) -> dict[str, str]:
    """Project to its entry (pin and hashes) in a set's lock."""
    entries: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", (REQUIREMENTS / f"{name}.txt").read_text()):
        if pin := re.match(r"([A-Za-z0-9._-]+)==\S+", entry):
            entries[normal(pin[1])] = entry
    return entries


@pytest.mark.parametrize("name", SETS)
def test_a_lock_names_no_host(name: str) -> None:
    assert not re.search(
        r"https?://|--(extra-)?index-url|--find-links|--trusted-host",
        (REQUIREMENTS / f"{name}.txt").read_text(),
    )


@pytest.mark.parametrize("name", SETS)
def test_every_requirement_is_in_its_lock(name: str) -> None:
    assert wanted(name) <= locked(name).keys()


@pytest.mark.parametrize("name", SETS)
def test_every_pin_has_hashes(name: str) -> None:
    assert [
        project for project, entry in locked(name).items() if "--hash=sha256:" not in entry
    ] == []


def test_each_set_pins_what_the_smaller_one_pins() -> None:
    """Installing dev after demo after runtime changes nothing that is there already."""
    pins = [locked(name) for name in ("runtime", "demo", "dev")]
    for smaller, larger in itertools.pairwise(pins):
        for project, entry in smaller.items():
            assert larger[project].split()[0] == entry.split()[0]
