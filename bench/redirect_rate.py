"""Redirects a second: ours, with a checked token and a synced event, and nginx's bare 302.

Both run as many workers as there are cores, and wrk on the same cores asks them over kept
connections.
"""

import http.client
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.pillarbox_rate import cores
from tests.faults.clicks import captured_node, requests, send_one
from tests.peers.dns_zone import DnsZone
from tests.peers.pillarbox import Pillarbox
from tests.peers.programs import end, spawn
from tests.peers.wait import answers, free_port, until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
WRK = shutil.which("wrk")
CONNECTIONS = 256
MESSAGES, LINKS = 500, 1
SECONDS = 5
CLICKS, ANSWERS = "pillarbox_clicks_total", "pillarbox_track_answers_total"
_RATE = re.compile(r"Requests/sec: +([0-9.]+)")
_P99 = re.compile(r"99% +([0-9.]+)(us|ms|s)")
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_LINKS_SCRIPT = """\
local paths = {{ {paths} }}
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], {{ ["Host"] = "{host}", ["User-Agent"] = "{agent}" }})
end
{delay}
"""
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw."""

    rate: float
    p99_ms: float


def available() -> bool:
    """Whether nginx and wrk are installed."""
    return NGINX is not None and WRK is not None


@contextmanager
def nginx() -> Iterator[int]:
    """An nginx that answers every request with a 302; its port."""
    assert NGINX is not None
    with tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as name:
        port = free_port()
        config = Path(name) / "nginx.conf"
        config.write_text(
            f"worker_processes {cores()}; daemon off; pid {name}/pid; error_log {name}/log;\n"
            "events { worker_connections 1024; }\n"
            f"http {{ access_log off; server {{ listen 127.0.0.1:{port} reuseport;"
            " return 302 https://example.com/0; }}\n".replace("}}", "} }")
        )
        process = spawn([NGINX, "-c", str(config)], Path(name) / "out")
        try:
            until(lambda: answers(port), 10, "nginx to listen")
            yield port
        finally:
            end(process)


@contextmanager
def pillarbox() -> Iterator[tuple[Pillarbox, list[str]]]:
    """A node with messages, and the paths of links of them."""
    with (
        tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as name,
        DnsZone() as zone,
        captured_node(Path(name), zone, workers=cores()) as node,
    ):
        links = [
            link for _ in range(MESSAGES) for link in requests(node, send_one(node), range(LINKS))
        ]
        yield node, [link.split(b" ")[1].decode() for link in links]


def load(port: int, paths: list[str], rate: float | None = None) -> Load:
    """Ask for SECONDS as fast as answered, or about so many times a second."""
    assert WRK is not None
    pause = "" if rate is None else _delay(CONNECTIONS / rate)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        quoted = ", ".join(json.dumps(path) for path in paths)
        host = f"127.0.0.1:{port}"
        script.write(_LINKS_SCRIPT.format(paths=quoted, host=host, agent=_AGENT, delay=pause))
        script.flush()
        said = subprocess.run(
            [
                *(WRK, f"-t{cores()}", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency"),
                *("-s", script.name, f"http://{host}"),
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    assert "Non-2xx" not in said, said
    found, number = _P99.search(said), _RATE.search(said)
    assert found is not None
    assert number is not None
    return Load(float(number[1]), float(found[1]) * _MS[found[2]])


def _delay(seconds: float) -> str:
    """A pause before each request of a connection, about so long, so that none are in step."""
    most = int(2000 * seconds)
    return f"delay = function() return math.random(0, {most}) end"


def drain_rate(node: Pillarbox, behind: float) -> float:
    """Wait until the journal is drained, with nobody asking; events a second meanwhile."""
    began, before = time.perf_counter(), metric(node, CLICKS)
    until(lambda: metric(node, CLICKS) >= behind, 300, "the journal to be drained")
    return (behind - before) / (time.perf_counter() - began)


def metric(node: Pillarbox, name: str) -> float:
    """The sum of a metric over its labels."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    finally:
        connection.close()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))
