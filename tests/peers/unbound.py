"""Debian's Unbound as a resolver on loopback that validates: zones of `knot`, by their keys.

Zones without a trust anchor are insecure to it; one with another's key is bogus.
"""

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.knot import free_dns_port
from tests.peers.programs import end, spawn
from tests.peers.wait import ARRIVAL_SECONDS, answers, until

UNBOUND = shutil.which("unbound", path="/usr/sbin:/usr/local/sbin")
_CONFIGURATION = """\
server:
    interface: 127.0.0.1@{port}
    do-daemonize: no
    use-syslog: no
    username: ""
    chroot: ""
    directory: "{home}"
    pidfile: ""
    num-threads: 1
    do-not-query-localhost: no
    module-config: "validator iterator"
    root-hints: ""
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
    minimal-responses: no
"""


@contextmanager
def unbound(
    zones: Collection[str], upstream: int, *, anchors: Collection[str] = ()
) -> Iterator[str]:
    """Resolve until the block ends; give `host:port`. `upstream`: the port that serves the zones;
    `anchors`: the keys to validate by.
    """
    assert UNBOUND is not None, "make system installs Debian's unbound"
    with tempfile.TemporaryDirectory(prefix="pillarbox-unbound-") as name:
        home = Path(name)
        port = free_dns_port()
        text = _CONFIGURATION.format(port=port, home=home)
        text += "".join(f"    trust-anchor: '{anchor}'\n" for anchor in anchors)
        for zone in zones:
            text += f"stub-zone:\n    name: {zone}\n    stub-addr: 127.0.0.1@{upstream}\n"
        (home / "unbound.conf").write_text(text)
        process = spawn([UNBOUND, "-d", "-c", str(home / "unbound.conf")], home / "log")
        try:
            until(lambda: answers(port), ARRIVAL_SECONDS, "Unbound to answer")
            yield f"127.0.0.1:{port}"
        except TimeoutError as error:
            raise TimeoutError((home / "log").read_text()) from error
        finally:
            end(process)
