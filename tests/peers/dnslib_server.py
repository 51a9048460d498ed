"""A real DNS server on loopback, not our code: dnslib's, with zones a test gives it.

`DnslibServer(records)` answers names of `records`: {(name, type): [presentation text, ...]}; a
rcode name ("SERVFAIL") as the list's only entry gives that code; "HANG" gives no answer at all. It
follows no CNAME outside its own data and gives the whole chain inside it, as a resolver does.
"""

import threading
from typing import Self

import dnslib
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

Records = dict[tuple[str, str], list[str]]


class _Table(BaseResolver):
    def __init__(self, records: Records) -> None:
        self.records = records
        self.asked: list[tuple[str, str]] = []
        self.release = threading.Event()
        self.arrived = threading.Semaphore(0)

    def resolve(self, request: dnslib.DNSRecord, _: DNSHandler) -> dnslib.DNSRecord:
        name = str(request.q.qname).rstrip(".").lower()
        rdtype = dnslib.QTYPE[request.q.qtype]
        self.asked.append((name, rdtype))
        self.arrived.release()
        reply = request.reply()
        reply.header.set_aa(0)
        reply.header.ra = 1
        reply.header.ad = 1
        for _link in range(8):
            values = self.records.get((name, rdtype))
            if values == ["HANG"]:
                self.release.wait()
                values = None
            if values and values[0] in dnslib.RCODE.reverse:
                reply.header.rcode = dnslib.RCODE.reverse[values[0]]
                return reply
            target = self.records.get((name, "CNAME"))
            if values is None and target:
                reply.add_answer(*dnslib.RR.fromZone(f"{name}. 300 IN CNAME {target[0]}."))
                name = target[0].lower()
                continue
            for value in values or []:
                reply.add_answer(*dnslib.RR.fromZone(f"{name}. 300 IN {rdtype} {value}"))
            if values is None and not any(known == name for known, _ in list(self.records)):
                reply.header.rcode = dnslib.RCODE.NXDOMAIN
            return reply
        return reply


def _listen(table: _Table, host: str) -> tuple[DNSServer, DNSServer]:
    """Bind a port for UDP and for TCP; one that is free for UDP may be taken for TCP."""
    quiet = DNSLogger("-request,-reply,-truncated,-error,-recv,-send,-data", prefix=False)
    while True:
        udp = DNSServer(table, address=host, port=0, logger=quiet)
        port = udp.server.server_address[1]
        try:
            return udp, DNSServer(table, address=host, port=port, tcp=True, logger=quiet)
        except OSError:
            udp.server.server_close()


class DnslibServer:
    """A context manager: `with DnslibServer({...}) as dns: dns.address, dns.records, dns.asked`."""

    def __init__(self, records: Records, host: str = "127.0.0.1") -> None:
        self._table = _Table(records)
        self._udp, self._tcp = _listen(self._table, host)
        self.port = self._udp.server.server_address[1]
        self._threads = [
            threading.Thread(target=server.server.serve_forever, args=(0.02,), daemon=True)
            for server in (self._udp, self._tcp)
        ]
        self.address = f"{host}:{self.port}"
        self.records = records
        self.asked = self._table.asked
        self.arrived = self._table.arrived

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def release(self) -> None:
        """Answer the queries that hang."""
        self._table.release.set()

    def __exit__(self, *_: object) -> None:
        self.release()
        for server in (self._udp, self._tcp):
            server.server.shutdown()
            server.server.server_close()
        for thread in self._threads:
            thread.join(5)
