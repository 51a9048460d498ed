"""The peer's rate on the same work: smtp-source to Postfix with OpenDKIM to smtp-sink.

Postfix is given what its manual advises for throughput: no pause for incoming mail, a hundred
deliveries at once, kept connections to the sink. It writes no log.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers import opendkim, postfix
from tests.peers.smtp_sink import SmtpSink
from tests.peers.wait import until

DOMAIN = "bench.test"
SESSIONS = 16
ARRIVE_SECONDS = 120
SMTP_SOURCE = shutil.which("smtp-source", path="/usr/sbin:/usr/local/sbin")


def available() -> bool:
    """Whether both are installed, and we may start them."""
    return postfix.available() and opendkim.available() and SMTP_SOURCE is not None


@contextmanager
def running() -> Iterator[tuple[postfix.Postfix, SmtpSink]]:
    """Postfix with the milter, whose mail goes to a sink."""
    with (
        tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as name,
        opendkim.OpenDkim(DOMAIN) as milter,
        SmtpSink(Path(name)) as sink,
    ):
        settings = {
            "myhostname": f"mta.{DOMAIN}",
            "relayhost": f"[127.0.0.1]:{sink.port}",
            "smtpd_milters": f"unix:{milter.socket}",
            "milter_default_action": "tempfail",
            "in_flow_delay": "0",
            "default_destination_concurrency_limit": "100",
            "smtp_connection_cache_destinations": f"[127.0.0.1]:{sink.port}",
        }
        with postfix.Postfix.start(settings) as server:
            yield server, sink


def rate(server: postfix.Postfix, sink: SmtpSink, size: int, count: int) -> float:
    """Messages a second, from the first byte sent until the last message was received."""
    assert SMTP_SOURCE is not None
    load = ["-d", "-s", str(SESSIONS), "-m", str(count), "-l", str(size), "-N"]
    envelope = ["-f", f"orders@{DOMAIN}", "-t", "r@customer.test"]
    before = sink.received()
    began = time.perf_counter()
    subprocess.run(
        [SMTP_SOURCE, *load, *envelope, f"127.0.0.1:{server.port}"],
        check=True,
        timeout=ARRIVE_SECONDS,
    )
    until(lambda: sink.received() - before >= count, ARRIVE_SECONDS, f"{count} messages")
    return count / (time.perf_counter() - began)
