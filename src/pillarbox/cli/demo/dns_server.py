"""The demo's DNS server: dnslib's, on loopback, as a resolver that knows a few zones.

It answers from records that it is given, forwards the service's own zone to Pillarbox's DNS
listener as a delegation would, and gives the whole CNAME chain (RFC 1034 §3.6.2).
"""

import threading
from typing import Any, Self

from dnslib import QTYPE, RCODE, RR, DNSRecord
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from pillarbox.base.settings import Address

HOST = "127.0.0.1"
MAX_CHAIN = 8
ASK_SECONDS = 5
_QUIET = "-request,-reply,-truncated,-error,-recv,-send,-data"


class DemoDns:
    """A context manager: answers on `address` over UDP and TCP until it is left.

    `zone` is forwarded to the authoritative server at `delegated_to`.
    """

    def __init__(self, zone: str, delegated_to: Address) -> None:
        self._names = _Names(zone, delegated_to)
        self._udp, self._tcp = _listen(self._names)
        self.address = Address(HOST, self._udp.server.server_address[1])
        self._threads = [
            threading.Thread(target=one.server.serve_forever, args=(0.05,), daemon=True)
            for one in (self._udp, self._tcp)
        ]

    def publish(self, name: str, rdtype: str, value: str) -> None:
        """Add a record, its value as in a zone file."""
        self._names.add(name, rdtype, value)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._udp, self._tcp):
            one.server.shutdown()
            one.server.server_close()
        for thread in self._threads:
            thread.join(ASK_SECONDS)


def _listen(names: "_Names") -> tuple[DNSServer, DNSServer]:
    """Bind a port for UDP and for TCP; one that is free for UDP may be taken for TCP."""
    logger = DNSLogger(_QUIET, prefix=False)
    while True:
        udp = DNSServer(names, address=HOST, port=0, logger=logger)
        port: int = udp.server.server_address[1]
        try:
            return udp, DNSServer(names, address=HOST, port=port, tcp=True, logger=logger)
        except OSError:
            udp.server.server_close()


class _Names(BaseResolver):  # type: ignore[misc]  # dnslib has no types
    def __init__(self, zone: str, delegated_to: Address) -> None:
        self._zone = zone.lower()
        self._delegated_to = delegated_to
        self._records: dict[tuple[str, str], list[str]] = {}

    def add(self, name: str, rdtype: str, value: str) -> None:
        key = (name.rstrip(".").lower(), rdtype)
        # A new table: the threads that answer may be reading this one.
        self._records = {**self._records, key: [*self._records.get(key, []), value]}

    def resolve(self, request: Any, _handler: Any) -> Any:
        reply = request.reply()
        reply.header.set_aa(0)
        reply.header.ra = 1
        name, rdtype = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        for _ in range(MAX_CHAIN):
            if self._is_delegated(name):
                self._ask_owner(reply, name, rdtype)
                break
            target = self._answer(reply, name, rdtype)
            if target is None:
                break
            name = target
        return reply

    def _is_delegated(self, name: str) -> bool:
        return name == self._zone or name.endswith(f".{self._zone}")

    def _ask_owner(self, reply: Any, name: str, rdtype: str) -> None:
        """Add what the zone's own server says; without its answer, SERVFAIL."""
        try:
            answer = ask(self._delegated_to, name, rdtype)
        except OSError:
            reply.header.rcode = RCODE.SERVFAIL
            return
        reply.add_answer(*answer.rr)
        reply.header.rcode = answer.header.rcode

    def _answer(self, reply: Any, name: str, rdtype: str) -> str | None:
        """Add the records of a name of ours; give the name to go on with after a CNAME."""
        values = self._records.get((name, rdtype), [])
        for value in values:
            reply.add_answer(*RR.fromZone(f"{name}. 60 IN {rdtype} {value}"))
        alias = self._records.get((name, "CNAME"))
        if values or rdtype == "CNAME" or alias is None:
            known = any(one == name or one.endswith(f".{name}") for one, _ in self._records)
            reply.header.rcode = RCODE.NOERROR if known else RCODE.NXDOMAIN
            return None
        reply.add_answer(*RR.fromZone(f"{name}. 60 IN CNAME {alias[0]}"))
        return alias[0].rstrip(".").lower()


def ask(server: Address, name: str, rdtype: str) -> Any:
    """Ask a server over TCP, where no answer is cut; give dnslib's record.

    Raises OSError when there is no answer.
    """
    question = DNSRecord.question(name, rdtype)
    return DNSRecord.parse(question.send(server.host, server.port, tcp=True, timeout=ASK_SECONDS))


def txt(server: Address, name: str) -> bytes | None:
    """Give the TXT record at the end of a CNAME chain, its strings joined (RFC 6376 §3.6.2)."""
    for record in ask(server, name.rstrip("."), "TXT").rr:
        if record.rtype == QTYPE.TXT:
            return b"".join(record.rdata.data)
    return None
