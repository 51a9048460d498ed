"""A self-made certificate for capture mode, so that clients can use STARTTLS on a laptop.

Nobody vouches for it: clients have to be told not to verify it, or to trust this very file.
"""

import datetime as dt
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAYS = 365
_RENEW = dt.timedelta(days=30)


def ensure_certificate(file: Path, domain: str) -> None:
    """Make the certificate and its key in one PEM file, unless a good one is there."""
    now = dt.datetime.now(dt.UTC)
    if not _is_good(file, domain, now):
        file.parent.mkdir(parents=True, exist_ok=True)
        made = file.with_suffix(f".{os.getpid()}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(_make(domain, now))
        made.replace(file)


def _is_good(file: Path, domain: str, now: dt.datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        return False
    name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    return name == domain and certificate.not_valid_after_utc - _RENEW > now


def _make(domain: str, now: dt.datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    addresses = [ipaddress.ip_address(one) for one in ("127.0.0.1", "::1")]
    names = [
        *(x509.DNSName(one) for one in (domain, f"smtp.{domain}", "localhost")),
        *(x509.IPAddress(one) for one in addresses),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)
