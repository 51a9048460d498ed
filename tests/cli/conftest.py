from pathlib import Path

import pytest

from tests.cli.calling import Call, caller


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    """The command line on a data directory of its own."""
    return caller(monkeypatch, capsys, tmp_path / "data")
