"""A real `pillarbox serve`: its process group, its data, its ports, and signed calls to it.

`Pillarbox` takes a folder, settings and a DNS zone, and is started, killed and started again with
the same data and ports. Its mail goes to port `smtp_port` of whatever hosts the zone names.
"""

import http.client
import json
import os
import sys
from pathlib import Path
from typing import Any, Self

import psutil

from tests.peers import forks
from tests.peers.dns_zone import DnsZone
from tests.peers.programs import end, kill, spawn
from tests.peers.signing import Key, signed_request
from tests.peers.wait import ARRIVAL_SECONDS, free_port, until

ROOT = Path(__file__).parent.parent.parent
KEY = Key("AKIAPILLARBOXTESTS01", "a-secret-for-tests-of-forty-characters-x")
ACCOUNT = "123456789012"
SERVICE_DOMAIN = "pillarbox.test"
LISTENERS = ("API", "TRACK", "SUBMISSION", "SUBMISSION_TLS", "INBOUND", "DNS")
Settings = dict[str, dict[str, str | int | bool]]


class Pillarbox:
    """A node under test. Nothing runs until `start`."""

    def __init__(
        self,
        folder: Path,
        zone: DnsZone,
        smtp_port: int,
        *,
        workers: int = 2,
        store_url: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.zone = zone
        self.workers = workers
        self.ports = {name: free_port() for name in LISTENERS}
        self.log = folder / "pillarbox.log"
        sections: Settings = {
            "service": {"domain": SERVICE_DOMAIN},
            "deliver": {"mode": "direct", "smtp_port": smtp_port},
            "dns": {"resolver": zone.address},
            "network": {"allow_private_destinations": True},
            "log": {"level": "warning"},
        }
        if store_url is not None:
            sections["store"] = {"url": store_url}
        for name, values in (settings or {}).items():
            sections[name] = sections.get(name, {}) | values
        (folder / "pillarbox.toml").write_text(_toml(sections))
        zone.forward(SERVICE_DOMAIN, self.ports["DNS"])

    @property
    def port(self) -> int:
        """Where the API listens."""
        return self.ports["API"]

    def start(self) -> Self:
        """Start it and return when it is ready to serve."""
        self.launch()
        try:
            until(self._ready, ARRIVAL_SECONDS, "pillarbox to be ready")
        except TimeoutError as error:
            kill(self.process)
            raise TimeoutError(self.log.read_text()) from error
        return self

    def launch(self) -> None:
        """Start it and do not wait for anything."""
        command = ["serve", "--config", str(self.folder / "pillarbox.toml")]
        options = ["--data", str(self.data), "--workers", str(self.workers)]
        self.process = spawn(
            [sys.executable, "-m", "pillarbox", *command, *options], self.log, self.environment()
        )

    def environment(self) -> dict[str, str]:
        """The environment of its processes: this checkout's code, its ports, its first key."""
        listeners = {f"PILLARBOX_LISTEN_{n}": f"127.0.0.1:{p}" for n, p in self.ports.items()}
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("PILLARBOX_")},
            **listeners,
            "PYTHONPATH": str(ROOT / "src"),
            "PILLARBOX_BOOTSTRAP_ACCESS_KEY_ID": KEY.access_key_id,
            "PILLARBOX_BOOTSTRAP_SECRET_ACCESS_KEY": KEY.secret_access_key,
        }

    def kill(self) -> None:
        """kill -9 the whole process group, and wait for its end."""
        kill(self.process)

    def stop(self) -> None:
        """Ask it to end; what doesn't is killed."""
        end(self.process)

    def worker_processes(self) -> list[psutil.Process]:
        """The processes that do the work (not the one that minds them)."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One signed call; the answer's JSON. Raises AssertionError on any status but 200."""
        content = b"" if body is None else json.dumps(body).encode()
        status, answer = self._exchange(signed_request(KEY, self.port, method, path, content))
        assert status == 200, (status, answer)
        return json.loads(answer or b"{}")

    def add_verified_domain(self, domain: str) -> None:
        """Create the identity, publish its DKIM records in the zone, wait for the verdict."""
        made = self.call("POST", "/v1/email/identities", {"EmailIdentity": domain})
        for token in made["DkimAttributes"]["Tokens"]:
            target = f"{token}.dkim.{SERVICE_DOMAIN}"
            self.zone.set(f"{token}._domainkey.{domain}", "CNAME", target)

        def verified() -> bool:
            seen = self.call("GET", f"/v1/email/identities/{domain}")
            return bool(seen["VerifiedForSendingStatus"])

        until(verified, ARRIVAL_SECONDS, f"{domain} to be verified")

    def lift_limits(self) -> None:
        """Let the first account send as fast and as much as it can."""
        self.run("accounts", "set", ACCOUNT, "--max-rate", "1000000", "--max-24h", "-1")

    def run(self, *command: str) -> None:
        """Run a command of `pillarbox` on this node's data."""
        where = ["--config", str(self.folder / "pillarbox.toml"), "--data", str(self.data)]
        forks.run([sys.executable, "-m", "pillarbox", *command, *where], self.environment())

    def send_request(self, sender: str, recipient: str, html: str) -> bytes:
        """The bytes of a signed SendEmail to this node."""
        return send_email(KEY, self.port, sender, recipient, html)

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"pillarbox ended: {self.log.read_text()[-4000:]}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ARRIVAL_SECONDS)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _exchange(self, request: bytes) -> tuple[int, bytes]:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ARRIVAL_SECONDS)
        try:
            connection.request(method, path, body, dict(line.split(": ", 1) for line in lines))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def send_email(key: Key, port: int, sender: str, recipient: str, html: str) -> bytes:
    """The bytes of a signed SendEmail of a simple message."""
    simple = {"Subject": {"Data": "Your order"}, "Body": {"Html": {"Data": html}}}
    body = {
        "FromEmailAddress": sender,
        "Destination": {"ToAddresses": [recipient]},
        "Content": {"Simple": simple},
    }
    path = "/v1/email/outbound-emails"
    return signed_request(key, port, "POST", path, json.dumps(body).encode())


def _toml(sections: Settings) -> str:
    """Write settings as TOML: strings, integers and booleans look as in JSON."""
    lines = []
    for name, values in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
