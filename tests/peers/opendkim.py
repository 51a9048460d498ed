"""Debian's OpenDKIM as a signing milter on a unix socket, RSA-2048, relaxed/relaxed; needs root.

The same signature as ours: relaxed/relaxed, From signed once more than it occurs (RFC 6376 §5.4).
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.peers.programs import end, spawn
from tests.peers.wait import ARRIVAL_SECONDS, until

OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/local/sbin")
CONFIGURATION = """\
Mode s
Domain {domain}
Selector bench
KeyFile {home}/key.pem
Socket local:{home}/milter
Canonicalization relaxed/relaxed
OversignHeaders From
SignatureAlgorithm rsa-sha256
InternalHosts 127.0.0.0/8
UMask 000
RequireSafeKeys no
Syslog no
"""


def available() -> bool:
    """Whether this machine can run one: it is installed, and we are root."""
    return OPENDKIM is not None and os.geteuid() == 0


class OpenDkim:
    """A running milter at `socket` that signs for one domain."""

    def __init__(self, domain: str) -> None:
        assert OPENDKIM is not None, "make system installs Debian's opendkim"
        self.home = Path(tempfile.mkdtemp(prefix="pillarbox-opendkim-"))
        self.home.chmod(0o755)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (self.home / "key.pem").write_bytes(pem)
        (self.home / "conf").write_text(CONFIGURATION.format(domain=domain, home=self.home))
        self.socket = self.home / "milter"
        command = [OPENDKIM, "-f", "-x", str(self.home / "conf")]
        self.process = spawn(command, self.home / "log")
        until(self.socket.exists, ARRIVAL_SECONDS, "OpenDKIM's socket")

    def stop(self) -> None:
        """End it and remove its folder."""
        end(self.process)
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
