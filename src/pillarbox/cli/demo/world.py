"""The world around the demo's node: a DNS server and a receiving mail server, neither our own code.

DNS is dnslib's server. It holds the records of the customer and of the receiver, and asks
Pillarbox's DNS listener for what lies in the service's zone, as a delegation would; a CNAME into it
is followed, and the whole chain answered. The mail server is aiosmtpd's, with STARTTLS and a
certificate made on the spot.
"""

import asyncio
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from dnslib import CNAME, MX, QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSLogger, DNSServer

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Find a port that is free for TCP and UDP now."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind((LOOPBACK, 0))
        port: int = tcp.getsockname()[1]
        udp.bind((LOOPBACK, port))
        return port


class Zones(BaseResolver):  # type: ignore[misc]  # dnslib has no types
    """Records that the demo sets, and a delegation to Pillarbox's DNS listener."""

    def __init__(self, delegated: str, delegate_port: int) -> None:
        self._delegated = delegated
        self._delegate_port = delegate_port
        self._records: dict[tuple[str, str], list[Any]] = {}

    def add(self, name: str, kind: str, data: Any) -> None:
        """Set a record."""
        self._records.setdefault((name.lower(), kind), []).append(data)

    def resolve(self, request: Any, _handler: Any) -> Any:
        """Answer a query as a resolver would."""
        reply = request.reply()
        reply.header.ra = 1
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        for _ in range(8):
            alias = self._records.get((name, "CNAME"))
            if alias is None or kind == "CNAME":
                break
            self._answer(reply, name, "CNAME", alias)
            name = str(alias[0].label).rstrip(".").lower()
        self._finish(reply, name, kind)
        return reply

    def _finish(self, reply: Any, name: str, kind: str) -> None:
        if name == self._delegated or name.endswith(f".{self._delegated}"):
            answer = self._ask_pillarbox(name, kind)
            reply.add_answer(*answer.rr)
            reply.header.rcode = answer.header.rcode
        elif found := self._records.get((name, kind)):
            self._answer(reply, name, kind, found)
        elif not any(known == name for known, _ in self._records) and not reply.rr:
            reply.header.rcode = RCODE.NXDOMAIN

    def _answer(self, reply: Any, name: str, kind: str, found: list[Any]) -> None:
        for data in found:
            reply.add_answer(RR(name, getattr(QTYPE, kind), rdata=data, ttl=60))

    def _ask_pillarbox(self, name: str, kind: str) -> Any:
        query = DNSRecord.question(name, kind)
        return DNSRecord.parse(query.send(LOOPBACK, self._delegate_port, timeout=5))


class DnsWorld:
    """The DNS server, in a thread."""

    def __init__(self, zones: Zones) -> None:
        self.port = free_port()
        self.zones = zones
        quiet = DNSLogger(logf=lambda _line: None)
        self._udp = DNSServer(zones, port=self.port, address=LOOPBACK, logger=quiet)
        self._tcp = DNSServer(zones, port=self.port, address=LOOPBACK, tcp=True, logger=quiet)
        self._udp.start_thread()
        self._tcp.start_thread()

    def add_mx(self, domain: str, host: str) -> None:
        """Give a domain a mail server on loopback."""
        self.zones.add(domain, "MX", MX(host, 10))
        self.zones.add(host, "A", A(LOOPBACK))

    def add_cname(self, name: str, target: str) -> None:
        """Set a CNAME record."""
        self.zones.add(name, "CNAME", CNAME(target))

    def close(self) -> None:
        """Stop both listeners."""
        for server in (self._udp, self._tcp):
            server.stop()
            server.server.server_close()


class Arrived:
    """One message as the receiving server got it."""

    def __init__(self, recipient: str, return_path: str, content: bytes, *, tls: bool) -> None:
        self.recipient = recipient
        self.return_path = return_path
        self.content = content
        self.tls = tls


class ReceivingServer:
    """aiosmtpd with STARTTLS, in a thread; keeps what it gets."""

    def __init__(self, folder: Path, host: str) -> None:
        self._arrived: list[Arrived] = []
        self._changed = threading.Condition()
        self._controller = Controller(
            self,
            hostname=LOOPBACK,
            port=free_port(),
            server_hostname=host,
            tls_context=_tls_context(folder, host),
        )
        self._controller.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._controller.port
        return port

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take one message (aiosmtpd's hook)."""
        with self._changed:
            self._arrived += [
                Arrived(to, envelope.mail_from, envelope.content, tls=session.ssl is not None)
                for to in envelope.rcpt_tos
            ]
            self._changed.notify_all()
        await asyncio.sleep(0)
        return "250 2.0.0 Ok: queued"

    def wait_for(
        self, wanted: Callable[[Arrived], bool], count: int, seconds: float
    ) -> list[Arrived]:
        """Wait until so many wanted messages have arrived; give those that came in time."""
        with self._changed:
            self._changed.wait_for(lambda: sum(map(wanted, self._arrived)) >= count, seconds)
            return [one for one in self._arrived if wanted(one)]

    def close(self) -> None:
        """Stop."""
        self._controller.stop()


def _tls_context(folder: Path, host: str) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "receiver.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
