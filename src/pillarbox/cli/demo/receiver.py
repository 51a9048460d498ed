"""The demo's receiving mail server: aiosmtpd's, on loopback, which insists on STARTTLS (RFC 3207).

It runs in a thread with an event loop of its own and keeps what it takes.
"""

import asyncio
import socket
import ssl
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pillarbox.base.settings import Address

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came over the wire; `tls`: the version, empty without TLS."""

    return_path: str
    recipients: tuple[str, ...]
    content: bytes
    tls: str


class Receiver:
    """A context manager: takes mail on `address` until it is left; `received` grows."""

    def __init__(self, host_name: str) -> None:
        self._host_name = host_name
        self._socket = socket.create_server((HOST, 0))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._context = server_context(host_name)
        self.address = Address(HOST, self._socket.getsockname()[1])
        self.received: list[Received] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(5)

    def _run(self) -> None:
        self._stopped = asyncio.Event()
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await self._loop.create_server(self._session, sock=self._socket)
        await self._stopped.wait()
        server.close()

    def _session(self) -> Any:
        return SMTP(
            _Taker(self.received),
            hostname=self._host_name,
            ident="ESMTP a receiver that is not Pillarbox",
            tls_context=self._context,
            require_starttls=True,
            loop=self._loop,
        )


class _Taker:
    def __init__(self, received: list[Received]) -> None:
        self._received = received

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        tls = session.ssl["cipher"][1] if session.ssl else ""
        self._received.append(
            Received(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content, tls)
        )
        return "250 2.0.0 Ok: kept"


def server_context(host_name: str) -> ssl.SSLContext:
    """Make a TLS server context with a certificate of its own, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host_name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host_name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "receiver.pem"
        file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(file)
    return context
