"""A real `pillarbox serve` on free loopback ports, driven as a customer drives it.

`Node.start` takes a folder and settings (as the environment names them) and hands on a running node
with an access key; `run` is the command line on the same data. It never looks inside Pillarbox.
"""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any, Self

import boto3
import psutil
from botocore.config import Config

from tests.peers.programs import end, spawn
from tests.peers.ses_records import read_event
from tests.peers.wait import ARRIVAL_SECONDS, until

START_SECONDS = ARRIVAL_SECONDS
KEY_ID = "AKIDPILLARBOXTESTS"
SECRET = "secret/of+the/tests/40/characters/long/+"
SMTP_PASSWORD = "BNyxIv/Ob8qXE1PtMgy71YK3/Umgy7fgqsd/Nm6Y0o1b"  # what AWS derives from SECRET
SOURCES = Path(__file__).parents[2] / "src"
CAPTURE = {"PILLARBOX_DELIVER_MODE": "capture"}
DIRECT = {
    "PILLARBOX_DELIVER_MODE": "direct",
    "PILLARBOX_NETWORK_ALLOW_PRIVATE_DESTINATIONS": "true",
}
LISTENERS = ("API", "TRACK", "SUBMISSION", "SUBMISSION_TLS", "INBOUND", "DNS")
_LISTENS = re.compile(r"^(API|Tracking|DNS|Inbound) +(?:http://)?127\.0\.0\.1:(\d+)", re.MULTILINE)
_SUBMISSION = re.compile(
    r"^SMTP +127\.0\.0\.1:(\d+)(?: \(STARTTLS\), 127\.0\.0\.1:(\d+))?", re.MULTILINE
)
_SESSION = boto3.session.Session()
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Node:
    """A running node; `port` is its API's, `track_port` and `dns_port` are the tracking and the DNS
    listener's, `smtp_port` that of submission with STARTTLS, `smtps_port` that of submission over
    TLS (0: there is none), `inbound_port` takes bounces and complaints.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str], workers: int) -> None:
        folder.mkdir(exist_ok=True)
        self.data = folder / "data"
        self.log = folder / "pillarbox.log"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PILLARBOX_", "AWS_"))}
        self.environment = clean | {
            "PYTHONPATH": str(SOURCES),
            "PILLARBOX_DATA": str(self.data),
            "PILLARBOX_BOOTSTRAP_ACCESS_KEY_ID": KEY_ID,
            "PILLARBOX_BOOTSTRAP_SECRET_ACCESS_KEY": SECRET,
            **{f"PILLARBOX_LISTEN_{name}": "127.0.0.1:0" for name in LISTENERS},
            **settings,
        }
        command = [sys.executable, "-m", "pillarbox", "serve", "--workers", str(workers)]
        self.process = spawn(command, self.log, self.environment)
        self.port = self.track_port = self.dns_port = 0
        self.smtp_port = self.smtps_port = self.inbound_port = 0

    @classmethod
    def start(cls, folder: Path, settings: Mapping[str, str] = CAPTURE, workers: int = 2) -> Self:
        """Start one and wait until it is ready."""
        node = cls(folder, settings, workers)
        try:
            until(node._ready, START_SECONDS, "pillarbox to be ready")
        except BaseException:
            node.stop()
            print(node.log.read_text())
            raise
        return node

    @property
    def url(self) -> str:
        """Where the API listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> list[psutil.Process]:
        """The worker processes that live now."""
        return psutil.Process(self.process.pid).children()

    def client(self, service: str, **keys: str | None) -> Any:
        """A boto3 client of `pinpoint-email` or `sesv2`; `keys`: other ones than the first."""
        own = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}
        return _SESSION.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            config=Config(retries={"max_attempts": 0}, parameter_validation=False),
            **(own | keys),
        )

    def run(self, *arguments: str) -> Any:
        """Run a command of `pillarbox` on this node's data; what it printed, JSON read."""
        command = [sys.executable, "-m", "pillarbox", *arguments]
        printed = subprocess.run(
            command, env=self.environment, check=True, capture_output=True, timeout=60, text=True
        ).stdout
        return json.loads(printed) if "--json" in arguments else printed

    def get(self, path: str, **headers: str) -> tuple[int, Message, bytes]:
        """GET without a signature: status, headers, body."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with _NO_PROXY.open(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def events(self, message_id: str) -> list[dict[str, Any]]:
        """The event records of a message, as they are now; each has the members that SES's have."""
        status, _, body = self.get(f"/_pillarbox/events?message_id={message_id}")
        assert status == 200, body
        found: list[dict[str, Any]] = json.loads(body)
        for one in found:
            read_event(json.dumps(one))
        return found

    def captured(self, query: str = "") -> list[dict[str, Any]]:
        """A page of the captured messages, newest first."""
        status, _, body = self.get(f"/_pillarbox/captured{query}")
        assert status == 200, body
        found: list[dict[str, Any]] = json.loads(body)
        return found

    def events_when(self, message_id: str, *types: str) -> list[dict[str, Any]]:
        """The events of a message once they are these, in whatever order."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = self.events(message_id)
            return sorted(one["eventType"] for one in found) == sorted(types)

        until(there, ARRIVAL_SECONDS, f"the events {types} of {message_id}")
        return found

    def stop(self) -> None:
        """End it with its workers."""
        end(self.process, 25)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop()
        if kind is not None:
            print(self.log.read_text()[-20_000:])

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"pillarbox ended: {self.log.read_text()}")
        log = self.log.read_text()
        ports = dict(_LISTENS.findall(log))
        self.port, self.dns_port = int(ports.get("API", 0)), int(ports.get("DNS", 0))
        self.track_port = int(ports.get("Tracking", 0))
        self.inbound_port = int(ports.get("Inbound", 0))
        if submission := _SUBMISSION.search(log):
            self.smtp_port, self.smtps_port = (int(one or 0) for one in submission.groups())
        try:
            # the DNS line is the last of the listeners': before it, not all ports are known
            return bool(self.dns_port and self.get("/readyz")[0] == 200)
        except OSError:
            return False
