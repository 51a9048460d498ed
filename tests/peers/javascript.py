"""JavaScript clients: programs under `tests/js`, run with Node on the packages of its package.json.

`make js` installs the packages; where Node or they are missing, the tests that need them skip.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "js"
PACKAGES = FOLDER / "node_modules"

needs_packages = pytest.mark.skipif(
    not PACKAGES.is_dir(), reason="no packages under tests/js: run `make js` (it needs npm)"
)


def run(
    program: str, *arguments: str, environment: Mapping[str, str], typed: str | None = None
) -> str:
    """Run a program of `tests/js`, `typed` on its stdin; give what it printed.

    Raises AssertionError when it fails.
    """
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, str(FOLDER / program), *arguments],
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*", **environment},
        input=typed,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
