"""Debian's OpenDKIM as a verifier, one message at a time; it asks a test's DNS server for the key.

`opendkim -t` judges a message in a file and ends. Its resolver, Unbound, is told to ask the given
loopback port about everything.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/local/sbin")
SECONDS = 60
CONFIGURATION = """\
Mode v
ResolverConfiguration {home}/unbound.conf
DNSTimeout 10
Syslog no
"""
UNBOUND = """\
server:
  do-not-query-localhost: no
  module-config: "iterator"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{port}
"""
_VERDICT = re.compile(r'\bdkim=(\w+)(?: reason="([^"]*)")?')


def verdict(message: bytes, dns_port: int) -> tuple[str, str]:
    """What it writes into Authentication-Results: the result, and the reason if it gives one."""
    assert OPENDKIM is not None, "make system installs Debian's opendkim"
    with tempfile.TemporaryDirectory(prefix="pillarbox-opendkim-") as name:
        home = Path(name)
        (home / "unbound.conf").write_text(UNBOUND.format(port=dns_port))
        (home / "conf").write_text(CONFIGURATION.format(home=home))
        (home / "message").write_bytes(message)
        command = [OPENDKIM, "-x", str(home / "conf"), "-vvv", "-t", str(home / "message")]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=True, errors="replace"
        )
    found = _VERDICT.search(done.stdout)
    assert found is not None, done.stdout + done.stderr
    return found[1], found[2] or ""
