"""`pillarbox demo` ends well with a service that works, and says which step failed with one not."""

import os
import subprocess
import sys
from io import StringIO

import pytest
from rich.console import Console

from pillarbox.cli.demo import steps
from pillarbox.cli.demo.narrator import Narrator
from tests.peers.wait import ARRIVAL_SECONDS


def test_the_demo_tells_the_whole_story_and_ends_with_0() -> None:
    environment = os.environ | {"AWS_PROFILE": "nobody's", "HTTP_PROXY": "http://127.0.0.1:9"}
    run = subprocess.run(
        [sys.executable, "-m", "pillarbox", "demo"],
        env=environment | {"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        timeout=4 * ARRIVAL_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for fact in (
        "shop.test is verified (DKIM status SUCCESS)",
        "archive@neighbours.test: over TLSv1.3",
        "dkimpy: the signature of d=shop.test",
        "no Bcc",
        "invoice.pdf is byte for byte what was sent",
        "Delivery ",
        "The API listens at http://127.0.0.1:",
    ):
        assert fact in run.stdout
    assert "\x1b[" not in run.stdout
    assert run.stderr == ""


def test_a_step_that_fails_is_named_with_its_reason_and_the_service_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steps, "SERVICE_DOMAIN", '"')
    told = StringIO()
    assert steps.tell(Narrator(Console(file=told, width=200))) == 1
    assert "1. Three programs on this machine" in told.getvalue()
    assert "FAILED  the service ended by itself with code 1" in told.getvalue()
    assert "is not TOML" in told.getvalue()
