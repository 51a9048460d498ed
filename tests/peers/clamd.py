"""Debian's clamd with a configuration and a signature of our own: no network, no freshclam."""

import shutil
from pathlib import Path
from typing import Self

from tests.peers.eicar import eicar
from tests.peers.programs import end, spawn
from tests.peers.wait import ARRIVAL_SECONDS, answers, free_port, until

CLAMD = shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")
STREAM_MAX = 256 * 1024
SIGNATURE = "Pillarbox.Test.Eicar"
CONFIGURATION = """\
Foreground yes
TCPSocket {port}
TCPAddr 127.0.0.1
LocalSocket {home}/clamd.socket
DatabaseDirectory {home}/signatures
TemporaryDirectory {home}
StreamMaxLength {limit}
MaxThreads 4
"""


class ClamdServer:
    """A running clamd on a free port and a socket; it knows the EICAR string and nothing else."""

    def __init__(self, home: Path, port: int = 0) -> None:
        assert CLAMD is not None, "make system installs Debian's clamav-daemon"
        self.port = port or free_port()
        self.address, self.socket = f"127.0.0.1:{self.port}", home / "clamd.socket"
        signatures = home / "signatures"
        signatures.mkdir(parents=True, exist_ok=True)
        (signatures / "own.ndb").write_text(f"{SIGNATURE}:0:*:{eicar().hex()}\n")
        settings = CONFIGURATION.format(port=self.port, home=home, limit=STREAM_MAX)
        (home / "clamd.conf").write_text(settings)
        command = [CLAMD, "--config-file", str(home / "clamd.conf")]
        self.process = spawn(command, home / "clamd.log")
        until(lambda: answers(self.port), ARRIVAL_SECONDS, "clamd to listen")

    def stop(self) -> None:
        """End it."""
        end(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
