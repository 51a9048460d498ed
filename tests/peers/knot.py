"""Debian's Knot as the world's authoritative DNS on loopback: zones a test gives it, signed or not.

`knot({"signed.example": [...]}, signed=["signed.example"])` serves until the block ends; a record
is a line of a zone file (`mx A 127.0.0.1`), and each zone gets its SOA and NS. It signs by itself,
with a key that `trust_anchor` gives for a resolver to validate by.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rdatatype

from tests.peers.programs import end, spawn
from tests.peers.wait import ARRIVAL_SECONDS, free_port, until

KNOTD = shutil.which("knotd", path="/usr/sbin:/usr/local/sbin")
#: Seconds of the SOA's minimum: how long what is not there may be remembered (RFC 2308 §5).
NEGATIVE_TTL = 77
_CONFIGURATION = """\
server:
    listen: 127.0.0.1@{port}
    rundir: {home}
    udp-max-payload: 1232
    user: {user}
log:
  - target: stderr
    any: warning
database:
    storage: {home}
policy:
  - id: quick
    algorithm: ecdsap256sha256
    single-type-signing: on
    cds-cdnskey-publish: none
zone:
"""
_ZONE = """\
  - domain: {zone}
    file: {home}/{zone}.zone
    zonefile-sync: -1
    zonefile-load: whole
    dnssec-signing: {signing}
    dnssec-policy: quick
"""


@dataclass(frozen=True)
class Knot:
    """A running server on loopback at `port`."""

    port: int

    @property
    def address(self) -> str:
        """What `[dns] resolver` is set to where nothing has to be validated."""
        return f"127.0.0.1:{self.port}"

    def trust_anchor(self, zone: str) -> str:
        """The zone's key, as a resolver is configured with it."""
        return next(self._keys(zone))

    def _keys(self, zone: str) -> Iterator[str]:
        query = dns.message.make_query(f"{zone}.", "DNSKEY")
        answer = dns.query.tcp(query, "127.0.0.1", port=self.port, timeout=20)
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.DNSKEY:
                yield f"{zone}. DNSKEY {rrset[0].to_text()}"

    def serves(self, zone: str, *, signed: bool) -> bool:
        """Whether it answers for a zone, with its key when it is signed."""
        query = dns.message.make_query(f"{zone}.", "SOA")
        try:
            answer = dns.query.tcp(query, "127.0.0.1", port=self.port, timeout=1)
        except (OSError, dns.exception.DNSException):
            return False
        return bool(answer.flags & dns.flags.AA) and (not signed or any(self._keys(zone)))


@contextmanager
def knot(
    zones: Mapping[str, Sequence[str]],
    *,
    signed: Collection[str] = (),
    broken: Collection[str] = (),
) -> Iterator[Knot]:
    """Serve zones until the block ends; `broken` ones have no records to load: SERVFAIL."""
    assert KNOTD is not None, "make system installs Debian's knot"
    with tempfile.TemporaryDirectory(prefix="pillarbox-knot-") as name:
        home = Path(name)
        user = "knot" if os.geteuid() == 0 else str(os.geteuid())
        if os.geteuid() == 0:
            shutil.chown(home, "knot")
        server = Knot(free_dns_port())
        text = _CONFIGURATION.format(port=server.port, home=home, user=user)
        for zone, records in zones.items():
            signing = "on" if zone in signed else "off"
            text += _ZONE.format(zone=zone, home=home, signing=signing)
            (home / f"{zone}.zone").write_text(_zone_file(zone, records))
        text += "".join(_ZONE.format(zone=zone, home=home, signing="off") for zone in broken)
        (home / "knot.conf").write_text(text)
        process = spawn([KNOTD, "-c", str(home / "knot.conf")], home / "log")
        try:
            _wait(server, zones, signed, home / "log")
            yield server
        finally:
            end(process)


def _wait(
    server: Knot, zones: Mapping[str, Sequence[str]], signed: Collection[str], log: Path
) -> None:
    try:
        for zone in zones:
            until(lambda: server.serves(zone, signed=zone in signed), ARRIVAL_SECONDS, zone)  # noqa: B023
    except TimeoutError as error:
        raise TimeoutError(log.read_text()) from error


def _zone_file(zone: str, records: Sequence[str]) -> str:
    head = [
        f"$ORIGIN {zone}.",
        "$TTL 300",
        f"@ SOA ns admin 1 3600 600 86400 {NEGATIVE_TTL}",
        "@ NS ns",
        "ns A 127.0.0.1",
    ]
    return "\n".join([*head, *records]) + "\n"


def free_dns_port() -> int:
    """A port that is free for UDP as well as for TCP."""
    while True:
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
