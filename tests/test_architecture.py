"""The rules of the layout that no linter knows (docs/flow.md, house style)."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "pillarbox"
LONGEST = 400
"""Lines. A file past it says why in its docstring, in a line that begins `Long because`."""

FILES = [
    path
    for folder in ("src", "tests", "bench", "fuzz")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "versions" not in path.parts
]


def packages() -> list[str]:
    """Every package below src/pillarbox, as `wire` or `wire/http`."""
    found = SOURCE.rglob("__init__.py")
    return sorted(p.parent.relative_to(SOURCE).as_posix() for p in found if p.parent != SOURCE)


@pytest.mark.parametrize("package", packages())
def test_every_package_is_named_in_the_flow(package: str) -> None:
    assert f"`{package}`" in (ROOT / "docs" / "flow.md").read_text()


@pytest.mark.parametrize("package", packages())
def test_every_package_says_what_it_is_for(package: str) -> None:
    assert (SOURCE / package / "__init__.py").read_text().startswith('"""')


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_long_file_says_why(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LONGEST or "\nLong because" in text


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_file_is_named_for_everything(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def test_the_contract_of_layers_names_every_package() -> None:
    """import-linter's `exhaustive` needs it; this says which one is missing without running it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(c for c in contracts if c["type"] == "layers")["layers"]
    named = {
        name.strip("() ")
        for layer in layers
        for part in layer.split("|")
        for name in part.split(":")
    }
    top = {package for package in packages() if "/" not in package}
    assert top <= named


def test_the_layers_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    run = subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": "src"}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
