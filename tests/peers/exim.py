"""Debian's Exim as a receiving MX: another server than Postfix, with another TLS library (GnuTLS).

`exim_mx` takes main settings and yields a running server on loopback; `ok@` and `also@` of its
domains have Maildirs, `later@` is turned away with a 4xx, and everybody else gets a 550 without an
enhanced code, as Exim words it itself. It needs root, the unpacked package (`scripts/exim`) and a
mount namespace: there it finds the user its package would make, and the DNS server of a test at
port 53 of a loopback address, where the machine's own files stay as they are.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from tests.peers.programs import end, spawn
from tests.peers.wait import ARRIVAL_SECONDS, answers, free_port, until

EXIM = Path(__file__).parents[2] / ".venv/exim/usr/sbin/exim4"
USER, NUMBER = "Debian-exim", 64_999
LATER = "451 4.7.1 Greylisted, come back later"
#: The two fields that Exim puts on top here: Received (folded) and nothing else.
_OWN_FIELD = re.compile(rb"Received: .*\n(?:[ \t].*\n)*")
#: Its mounts are its own; the shell becomes Exim.
_START = (
    'for file in passwd group resolv.conf; do mount --bind "$0/$file" "/etc/$file"; done; exec "$@"'
)
_CONFIGURATION = """\
{settings}
acl_smtp_rcpt = to
begin acl
to:
  defer local_parts = later
        message = {later}
  require verify = recipient
  accept
begin routers
mailboxes:
  driver = accept
  local_parts = ok : also
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {home}/mail/$local_part_data
  maildir_format
"""


@cache
def why_not() -> str:
    """Why this machine can't run one, or nothing."""
    if not EXIM.exists():
        return "needs Debian's exim4-daemon-light (scripts/exim unpacks it)"
    if os.geteuid() != 0:
        return "needs root"
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "needs a mount namespace"


@dataclass(frozen=True, slots=True)
class EximMx:
    """A running server: its port, and the folder with its mail and its log."""

    port: int
    home: Path

    def delivered(self, user: str) -> list[bytes]:
        """The messages in a user's mailbox, with CRLF and without what Exim put on top."""
        files = sorted((self.home / "mail" / user / "new").glob("*"))
        return [_as_it_came(file.read_bytes()) for file in files]

    def log(self) -> str:
        """Its main log."""
        return (self.home / "log/main").read_text()


def _as_it_came(kept: bytes) -> bytes:
    own = _OWN_FIELD.match(kept)
    assert own is not None, kept
    return kept[own.end() :].replace(b"\n", b"\r\n")


@contextmanager
def exim_mx(
    settings: Mapping[str, str] = MappingProxyType({}),
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    dns: str = "127.0.0.1",
) -> Iterator[EximMx]:
    """Run one until the block ends; `settings` go over the usual ones.

    It asks the DNS server at `dns`, port 53: `DnsZone.at_port_53`.
    """
    reason = why_not()
    assert not reason, reason
    with tempfile.TemporaryDirectory(prefix="pillarbox-exim-", ignore_cleanup_errors=True) as name:
        mx = EximMx(port or free_port(), Path(name))
        _furnish(mx, dict(settings), address, dns)
        exim = [str(EXIM), "-C", str(mx.home / "exim.conf"), "-bdf"]
        command = ["unshare", "--mount", "sh", "-ec", _START, str(mx.home / "etc"), *exim]
        process = spawn(command, mx.home / "output")
        try:
            until(
                lambda: process.poll() is not None or answers(mx.port, address),
                ARRIVAL_SECONDS,
                "Exim to listen",
            )
            assert process.poll() is None, (mx.home / "output").read_text()
            yield mx
        finally:
            end(process)


def _furnish(mx: EximMx, settings: dict[str, str], address: str, dns: str) -> None:
    """Write the configuration, and what is mounted over files of /etc."""
    home = mx.home
    home.chmod(0o755)
    for folder in ("mail", "log", "spool"):
        (home / folder).mkdir()
        os.chown(home / folder, NUMBER, NUMBER)
    (home / "etc").mkdir()
    for file, line in (
        ("passwd", f"{USER}:x:{NUMBER}:{NUMBER}::/nonexistent:/usr/sbin/nologin"),
        ("group", f"{USER}:x:{NUMBER}:"),
    ):
        known = Path("/etc", file).read_text()
        (home / "etc" / file).write_text(f"{known}{line}\n")
    (home / "etc/resolv.conf").write_text(f"nameserver {dns}\n")
    usual = {
        "primary_hostname": "mx.receiver.example",
        "local_interfaces": f"<; [{address}]:{mx.port}",
        "exim_path": str(EXIM),
        "spool_directory": f"{home}/spool",
        "log_file_path": f"{home}/log/%s",
        "log_selector": "+dkim_verbose",
        "pid_file_path": f"{home}/spool/pid",
        "process_log_path": f"{home}/spool/process-info",
        "keep_environment": "",
        "deliver_drop_privilege": "true",
        "check_spool_space": "0",
        "check_spool_inodes": "0",
        "host_lookup": "",
        "rfc1413_hosts": "",
        "message_size_limit": "30M",
    }
    if chain := settings.pop("tls_certificate", ""):
        settings |= {"tls_certificate": shutil.copy(chain, home / "mx.pem")}
        os.chown(home / "mx.pem", NUMBER, NUMBER)
    lines = "\n".join(f"{name} = {value}" for name, value in (usual | settings).items())
    text = _CONFIGURATION.format(settings=lines, later=LATER, home=home)
    (home / "exim.conf").write_text(text)
