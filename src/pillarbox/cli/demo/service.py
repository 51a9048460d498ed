"""The service under show: a real `pillarbox serve` process with settings and data of its own."""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from pillarbox.base.settings import Address
from pillarbox.cli.demo.failure import StepFailed, wait_for

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 25.0
REGION = "us-east-1"
_SETTINGS = """\
[service]
domain = "{domain}"

[listen]
api = "{api}"
track = "{track}"
dns = "{dns}"
submission = "{submission}"
submission_tls = "{submission_tls}"
inbound = "{inbound}"

[track]
url = "http://{track}"

[deliver]
mode = "direct"
smtp_port = {smtp_port}

[dns]
resolver = "{resolver}"

[network]
allow_private_destinations = true

[log]
format = "text"
"""


class Service:
    """A context manager around the process; `address`, `dns` and `track` are free ports of this
    moment.
    """

    def __init__(self, folder: Path, domain: str) -> None:
        self.domain = domain
        self.access_key_id = "AKID" + secrets.token_hex(8).upper()
        self.secret_access_key = secrets.token_urlsafe(30)
        self.address, self.dns, self.track = (_free_address() for _ in range(3))
        self._folder = folder
        self._log = folder / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the API listens."""
        return f"http://{self.address}"

    def start(self, *, resolver: Address, smtp_port: int) -> str:
        """Write the settings, start the process, wait until it is ready; give the settings."""
        text = _SETTINGS.format(
            domain=self.domain,
            api=self.address,
            track=self.track,
            dns=self.dns,
            submission=_free_address(),
            submission_tls=_free_address(),
            inbound=_free_address(),
            smtp_port=smtp_port,
            resolver=resolver,
        )
        config = self._folder / "pillarbox.toml"
        config.write_text(text)
        command = [sys.executable, "-m", "pillarbox", "serve", "--config", str(config)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--data", str(self._folder / "data")],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for("the service's start", START_SECONDS, self._is_ready)
        return text

    def events(self, message_id: str) -> list[dict[str, Any]]:
        """Read a message's events."""
        query = urlencode({"message_id": message_id})
        status, body = self._get(f"/_pillarbox/events?{query}")
        if status != 200:
            raise StepFailed(f"the events call answered {status}: {body.decode()}")
        found: list[dict[str, Any]] = json.loads(body)
        return found

    def log_tail(self, lines: int = 15) -> list[str]:
        """Give the last lines that the process wrote."""
        if not self._log.exists():
            return []
        return self._log.read_text(errors="replace").splitlines()[-lines:]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._process.kill()
        self._process.wait()

    def _environment(self) -> dict[str, str]:
        """Give this process's environment without settings, and with the first key."""
        kept = {n: text for n, text in os.environ.items() if not n.startswith("PILLARBOX_")}
        return kept | {
            "PILLARBOX_BOOTSTRAP_ACCESS_KEY_ID": self.access_key_id,
            "PILLARBOX_BOOTSTRAP_SECRET_ACCESS_KEY": self.secret_access_key,
        }

    def _is_ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise StepFailed(f"the service ended by itself with code {self._process.returncode}")
        try:
            return self._get("/readyz")[0] == 200
        except OSError:
            return False

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _free_address() -> Address:
    """Give a port that is free for TCP and UDP now."""
    while True:
        with (
            socket.create_server((HOST, 0)) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ):
            port: int = tcp.getsockname()[1]
            with suppress(OSError):
                udp.bind((HOST, port))
                return Address(HOST, port)
