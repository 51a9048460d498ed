"""The fuzz targets hold for their examples and a first round of changes (`make fuzz` goes on)."""

import pytest

from fuzz.run import Target, run
from fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_always_holds_holds(target: Target) -> None:
    assert run(target, seconds=0.2, seed=1).failed is None


def test_a_broken_target_is_told_and_its_input_kept(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(data: bytes) -> None:
        assert b"boom" not in data

    monkeypatch.setattr("fuzz.run.FAILED", tmp_path)
    saved = run(Target("broken", check, (b"a boom",)), seconds=5, seed=1).failed
    assert saved is not None
    assert b"boom" in saved.read_bytes()
    assert "AssertionError" in capsys.readouterr().err
