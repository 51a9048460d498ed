"""A real DNS server (dnslib) on loopback, with settable records: the world's DNS of a test.

`DnsZone` answers over UDP and TCP on one port, follows CNAME chains as a recursive resolver would,
and forwards whole zones to another server (Pillarbox's own DNS listener), as delegation would.
Names without records do not exist (NXDOMAIN); `fail` makes a name answer SERVFAIL.
"""

import contextlib
import os
import socket
import threading
from collections import Counter
from typing import Self

from dnslib import AAAA, CNAME, MX, NS, PTR, QTYPE, RCODE, RR, SOA, TXT, A, DNSQuestion, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

from tests.peers.wait import free_port

LONGEST_CHAIN = 8
FORWARD_SECONDS = 20
MOST_OCTETS = 65_535


def _mx(value: str) -> MX:
    preference, host = value.split()
    return MX(host, int(preference))


def _soa(value: str) -> SOA:
    primary, administrator, *times = value.split()
    return SOA(primary, administrator, tuple(map(int, times)))


RDATA = {
    "A": A,
    "AAAA": AAAA,
    "CNAME": CNAME,
    "MX": _mx,
    "NS": NS,
    "PTR": PTR,
    "SOA": _soa,
    "TXT": lambda value: TXT([value[i : i + 255].encode() for i in range(0, len(value), 255)]),
}


class DnsZone(BaseResolver):  # type: ignore[misc]
    """A running server; records are set by `set` and hold at once (their TTL is what is given)."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[RR]] = {}
        self.forwards: dict[str, int] = {}
        self.failing: set[str] = set()
        self.questions: Counter[tuple[str, str]] = Counter()
        self.counting = threading.Lock()
        self.port = free_port()
        self.servers: list[DNSServer] = []
        self.threads: list[threading.Thread] = []
        self._listen("127.0.0.1", self.port)

    def at_port_53(self) -> str:
        """Listen there, too (needs root); the address of loopback that was free.

        For programs that ask the servers of /etc/resolv.conf, where no port can be named.
        """
        for number in range(os.getpid(), os.getpid() + 250):
            address = f"127.0.53.{number % 250 + 1}"
            with contextlib.suppress(OSError):
                self._listen(address, 53)
                return address
        raise OSError("port 53 is taken on all the addresses")

    def _listen(self, address: str, port: int) -> None:
        """Answer over TCP and UDP.

        TCP first: it tells when the address is taken, where UDP (SO_REUSEADDR) would go on and take
        the questions of who has it.
        """
        quiet = DNSLogger(logf=lambda _: None)
        servers = [DNSServer(self, address, port, tcp=True, logger=quiet)]
        try:
            servers.append(DNSServer(self, address, port, logger=quiet))
        except OSError:
            servers[0].server.server_close()
            raise
        threads = [threading.Thread(target=s.server.serve_forever, args=(0.05,)) for s in servers]
        for thread in threads:
            thread.start()
        self.servers += servers
        self.threads += threads

    @property
    def address(self) -> str:
        """What `[dns] resolver` is set to."""
        return f"127.0.0.1:{self.port}"

    def set(self, name: str, kind: str, *values: str, ttl: int = 60) -> None:
        """Set the records of one kind, replacing those there were: an MX is "10 mx.example"."""
        rtype = getattr(QTYPE, kind)
        self.records[_key(name), kind] = [
            RR(name, rtype, rdata=RDATA[kind](value), ttl=ttl) for value in values
        ]

    def fail(self, name: str) -> None:
        """Answer every question about `name` with SERVFAIL."""
        self.failing.add(_key(name))

    def forward(self, zone: str, port: int) -> None:
        """Ask the server at loopback `port` about everything at and below `zone`."""
        self.forwards[_key(zone)] = port

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        """dnslib's hook: the reply to one question."""
        del handler
        reply = request.reply(ra=1, aa=0)
        name, kind = _key(str(request.q.qname)), QTYPE[request.q.qtype]
        with self.counting:
            self.questions[name, kind] += 1
        for _ in range(LONGEST_CHAIN):
            answers, rcode = self._look_up(name, kind)
            reply.add_answer(*answers)
            reply.header.rcode = rcode
            if not answers or kind == "CNAME" or QTYPE[answers[-1].rtype] != "CNAME":
                return reply
            name = _key(str(answers[-1].rdata.label))
        return reply

    def stop(self) -> None:
        """End it."""
        for server in self.servers:
            server.server.shutdown()
            server.server.server_close()
        for thread in self.threads:
            thread.join()

    def _look_up(self, name: str, kind: str) -> tuple[list[RR], int]:
        """The records of one name, without following, and the reply code."""
        if name in self.failing:
            return [], RCODE.SERVFAIL
        for zone, port in list(self.forwards.items()):
            if name == zone or name.endswith("." + zone):
                return _ask(port, name, kind)
        if found := self.records.get((name, kind)) or self.records.get((name, "CNAME")):
            return found, RCODE.NOERROR
        known = list(self.records)  # a test sets others meanwhile
        exists = any(one == name or one.endswith("." + name) for one, _ in known)
        return [], RCODE.NOERROR if exists else RCODE.NXDOMAIN

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _key(name: str) -> str:
    return name.rstrip(".").lower()


def _ask(port: int, name: str, kind: str) -> tuple[list[RR], int]:
    """Ask another server on loopback over UDP, and over TCP when the answer was cut.

    Where nobody listens any more the kernel says so at once, as the socket is connected.
    """
    question = DNSRecord(q=DNSQuestion(name, getattr(QTYPE, kind)))
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(FORWARD_SECONDS)
            asking.connect(("127.0.0.1", port))
            asking.send(question.pack())
            answer = DNSRecord.parse(asking.recv(MOST_OCTETS))
        if answer.header.tc:
            sent = question.send("127.0.0.1", port, tcp=True, timeout=FORWARD_SECONDS)
            answer = DNSRecord.parse(sent)
    except (TimeoutError, ConnectionError, socket.gaierror):
        return [], RCODE.SERVFAIL
    return list(answer.rr), answer.header.rcode
