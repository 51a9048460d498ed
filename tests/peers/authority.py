"""Certificates of an authority of a test's own, as files that servers show and values for TLSA."""

import datetime as dt
import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certified:
    """A certificate with its key, and those above it: what a server shows."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    above: "tuple[x509.Certificate, ...]" = ()

    @classmethod
    def issue(
        cls,
        name: str,
        by: Self | None = None,
        *,
        hosts: Sequence[str] = (),
        authority: bool = False,
        days: int = 2,
        show_issuer: bool = True,
    ) -> Self:
        """Issue one for `hosts`, by another or by itself, that ends in `days`."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.certificate.subject if by else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=30))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if hosts:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(by.key if by else key, hashes.SHA256())
        above = (by.certificate, *by.above) if by and show_issuer else ()
        return cls(certificate, key, above)

    @property
    def der(self) -> bytes:
        """The certificate itself."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def chain(self) -> tuple[bytes, ...]:
        """All that the server shows, its own first."""
        return (self.der, *(one.public_bytes(Encoding.DER) for one in self.above))

    def write(self, file: Path) -> Path:
        """Write key and certificates into one PEM file."""
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        for one in (self.certificate, *self.above):
            pem += one.public_bytes(Encoding.PEM)
        file.write_bytes(pem)
        file.chmod(0o600)
        return file

    def context(self, folder: Path) -> ssl.SSLContext:
        """Make the context of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.write(folder / f"{id(self)}.pem"))
        return context

    def tlsa(self, usage: int, selector: int, matching: int) -> str:
        """Give the TLSA record that names it."""
        key = self.certificate.public_key()
        data = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        data = data if selector else self.der
        digest = {1: hashlib.sha256, 2: hashlib.sha512}.get(matching)
        data = digest(data).digest() if digest else data
        return f"{usage} {selector} {matching} {data.hex()}"
