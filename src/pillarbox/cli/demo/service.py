"""The demo's Pillarbox: a real `pillarbox serve` in a process group of its own."""

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from pillarbox.cli.demo.narrator import StepFailed
from pillarbox.cli.demo.world import LOOPBACK, free_port

START_SECONDS = 30.0
STOP_SECONDS = 20.0
_LOG_LINES = 20
_CONFIG = """\
[service]
domain = "{domain}"
[deliver]
mode = "direct"
smtp_port = {smtp_port}
[dns]
resolver = "{resolver}"
[network]
allow_private_destinations = true
"""


class Service:
    """A running node; `close` stops it."""

    def __init__(self, folder: Path, domain: str) -> None:
        self._folder = folder
        self._domain = domain
        self.key_id = "AKIADEMO" + secrets.token_hex(6).upper()
        self.secret = secrets.token_urlsafe(30)
        self.dns_port = free_port()
        self.url = f"http://{LOOPBACK}:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, smtp_port: int, resolver_port: int) -> None:
        """Start it and wait until it is ready.

        Raises StepFailed with what it wrote when it does not come up.
        """
        config = self._folder / "pillarbox.toml"
        config.write_text(
            _CONFIG.format(
                domain=self._domain, smtp_port=smtp_port, resolver=f"{LOOPBACK}:{resolver_port}"
            )
        )
        command = [sys.executable, "-m", "pillarbox", "serve", "--config", str(config)]
        command += ["--data", str(self._folder / "data"), "--workers", "2"]
        with (self._folder / "pillarbox.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, env=self._environment(), stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until_ready()

    def close(self) -> None:
        """Stop it, by force when it does not end by itself."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def log(self) -> str:
        """Give the end of what it wrote."""
        lines = (self._folder / "pillarbox.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES:])

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if "PILLARBOX" not in name}
        return own | {
            "PILLARBOX_LISTEN_API": self.url.removeprefix("http://"),
            "PILLARBOX_LISTEN_DNS": f"{LOOPBACK}:{self.dns_port}",
            "PILLARBOX_BOOTSTRAP_ACCESS_KEY_ID": self.key_id,
            "PILLARBOX_BOOTSTRAP_SECRET_ACCESS_KEY": self.secret,
        }

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                raise StepFailed(f"pillarbox serve ended at once:\n{self.log()}")
            if self._is_ready():
                return
            time.sleep(0.1)
        raise StepFailed(f"pillarbox serve was not ready in {START_SECONDS:g} s:\n{self.log()}")

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
