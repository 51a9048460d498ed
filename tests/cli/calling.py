"""Calling the command line in this process, as `python -m pillarbox` does."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pillarbox.cli import main


@dataclass(frozen=True, slots=True)
class Called:
    """What a call gave."""

    code: int
    out: str
    err: str


Call = Callable[..., Called]


def caller(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: Path) -> Call:
    """Give what calls the command line on a data directory."""
    monkeypatch.setenv("PILLARBOX_DATA", str(data))

    def call(*arguments: str) -> Called:
        monkeypatch.setattr(sys, "argv", ["pillarbox", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Called(int(ended.value.code or 0), written.out, written.err)

    return call
