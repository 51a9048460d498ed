"""Running commands in this process, each on the same data directory."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pillarbox import cli
from pillarbox.store.store import Store
from tests.cli.calling import Call, caller
from tests.store.empty import write_empty_store
from tests.store.rows import add_identity


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory of the test's own, as `pillarbox db upgrade` leaves it."""
    folder = tmp_path / "data"
    folder.mkdir(0o700)
    write_empty_store(folder / "pillarbox.sqlite")
    return folder


@pytest.fixture
def nothing_yet(data: Path) -> None:
    """It is as before the first command."""
    shutil.rmtree(data)


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run `pillarbox ARGUMENTS` in capture mode, with a data directory of the test's own."""
    monkeypatch.setenv("PILLARBOX_DATA", str(data))

    def invoke(
        *arguments: str, environ: dict[str, str] | None = None, typed: str | None = None
    ) -> Ran:
        monkeypatch.setattr("sys.argv", ["pillarbox", *arguments])
        runner = CliRunner()
        with runner.isolation(input=typed, env=environ) as (out, err, _):
            try:
                cli.main()
                code = 0
            except SystemExit as stopped:
                code = int(stopped.code or 0)
            return Ran(code, out.getvalue().decode(), err.getvalue().decode())

    return invoke


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: Path) -> Call:
    """The command line on a data directory of its own."""
    return caller(monkeypatch, capsys, data)


@dataclass
class Kept:
    """What the data directory's store holds."""

    url: str

    def read(self, function):
        store = Store(self.url)
        try:
            with store.transaction() as conn:
                return function(conn)
        finally:
            store.close()


@pytest.fixture
def kept(run, tmp_path):
    """A deployment whose default account has example.com."""
    run("accounts", "list")
    found = Kept(f"sqlite:///{tmp_path / 'data' / 'pillarbox.sqlite'}")
    found.read(add_identity)
    return found
