"""Running commands in this process, each on the same data directory."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pillarbox import cli
from pillarbox.store.store import Store
from tests.cli.calling import Call, caller
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
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run `pillarbox ARGUMENTS` in capture mode, with a data directory of the test's own."""
    monkeypatch.setenv("PILLARBOX_DATA", str(tmp_path / "data"))

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
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    """The command line on a data directory of its own."""
    return caller(monkeypatch, capsys, tmp_path / "data")


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
