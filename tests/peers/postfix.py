"""Debian's Postfix with a configuration, a queue and ports of its own; needs root.

`Postfix.start` takes main.cf settings and hands on a running server: a bench gives it a relay host
and a milter, a test of delivery gives it certificates and receives mail with it. The machine's own
Postfix, if it runs one, isn't touched.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

import psutil

from tests.peers.programs import end, spawn
from tests.peers.wait import ARRIVAL_SECONDS, answers, free_port, until

POSTFIX = shutil.which("postfix", path="/usr/sbin:/usr/local/sbin")
END_SECONDS = 5
SERVICES = """\
{port} inet  n       -       n       -       -       smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
virtual   unix  -       n       n       -       -       virtual
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""
SETTINGS = {
    "compatibility_level": "3.6",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mynetworks": "127.0.0.0/8",
    "mydestination": "",
    "alias_maps": "",
    "smtpd_recipient_restrictions": "permit_mynetworks,reject",
    "smtp_host_lookup": "native",
}


def available() -> bool:
    """Whether this machine can run one: it is installed, and we are root."""
    return POSTFIX is not None and os.geteuid() == 0


class Postfix:
    """A running Postfix that listens on loopback at `port`."""

    def __init__(self, home: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.home = home
        self.port = port
        self.process = process

    @classmethod
    def start(
        cls,
        settings: Mapping[str, str],
        variants: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        furnish: Callable[[Path], None] = lambda _etc: None,
    ) -> Self:
        """Write the configuration and start the server; `settings` go over the ones here.

        `variants`: further smtpd services by their address on loopback, on the same port, each with
        settings of its own. `furnish` adds files to its configuration directory before it starts.
        """
        assert POSTFIX is not None, "make system installs Debian's postfix"
        home = Path(tempfile.mkdtemp(prefix="pillarbox-postfix-"))
        home.chmod(0o755)
        port = free_port()
        for name in ("etc", "queue", "data"):
            (home / name).mkdir()
        shutil.chown(home / "data", "postfix")
        folders = {"queue_directory": f"{home}/queue", "data_directory": f"{home}/data"}
        lines = [f"{k} = {v}" for k, v in (SETTINGS | folders | dict(settings)).items()]
        (home / "etc/main.cf").write_text("\n".join(lines) + "\n")
        services = SERVICES.format(port=f"127.0.0.1:{port}")
        for address, own in variants.items():
            services += f"{address}:{port} inet n - n - - smtpd\n"
            services += "".join(f"  -o {{ {name} = {value} }}\n" for name, value in own.items())
        (home / "etc/master.cf").write_text(services)
        furnish(home / "etc")
        command = [POSTFIX, "-c", str(home / "etc"), "start-fg"]
        server = cls(home, port, spawn(command, home / "log"))
        try:
            until(lambda: answers(port), ARRIVAL_SECONDS, "Postfix to listen")
        except TimeoutError as error:
            log = (home / "log").read_text()
            server.stop()
            raise TimeoutError(log) from error
        return server

    def stop(self) -> None:
        """End it with all its daemons, and remove its folder, queue and all."""
        pid = self.home / "queue/pid/master.pid"
        # Its master leads a session of its own, and its daemons end with it; it may be gone, too.
        with contextlib.suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
            master = psutil.Process(int(pid.read_text()))
            daemons = master.children(recursive=True)
            master.terminate()
            _, left = psutil.wait_procs([master, *daemons], END_SECONDS)
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        end(self.process)
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
