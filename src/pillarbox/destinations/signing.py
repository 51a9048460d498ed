"""The key that notifications of local topics are signed with, and its certificate.

One for the deployment, made when it is first needed and kept in the database, sealed. Signature
version 1 is RSA with SHA-1 and version 2 with SHA-256, both PKCS #1 v1.5, as SNS has them.
"""

import base64
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID
from msgspec import Struct, json
from sqlalchemy import Connection

from pillarbox.base.secrets import Sealer
from pillarbox.store.meta import keep_first, read_meta

KEY_BITS = 2048
YEARS = 20
META, PLACE = "sns.signing", "meta/sns.signing"


class _Kept(Struct, frozen=True):
    sealed_key: bytes
    certificate: str


@dataclass(frozen=True, slots=True)
class SnsKey:
    """The key, and its certificate as PEM."""

    key: rsa.RSAPrivateKey
    certificate: bytes

    def signer(self, version: str) -> Callable[[bytes], str]:
        """Give what signs with a signature version: base64 of the signature."""
        # What version 1 demands is SHA-1; a topic with version 2 has the better one.
        digest = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303

        def sign(text: bytes) -> str:
            return base64.b64encode(self.key.sign(text, padding.PKCS1v15(), digest)).decode()

        return sign


def certificate_path(sealer: Sealer) -> str:
    """Give the path of the certificate on the API listener; another key has another one, since
    clients keep what they fetched.
    """
    return f"/sns/SimpleNotificationService-{sealer.derive('sns certificate')[:16].hex()}.pem"


def find_sns_key(conn: Connection, sealer: Sealer) -> SnsKey | None:
    """Give the deployment's key; None when it has none yet."""
    kept = read_meta(conn, META)
    return _open(kept, sealer) if kept else None


def make_sns_key(conn: Connection, sealer: Sealer, host: str, now: int) -> SnsKey:
    """Give the deployment's key, made now when it has none. `host`: named by the certificate."""
    found = find_sns_key(conn, sealer)
    if found is not None:
        return found
    key = rsa.generate_private_key(65537, KEY_BITS)
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    new = _Kept(sealer.seal(der, PLACE), _certificate(key, host, now).decode())
    return _open(keep_first(conn, META, json.encode(new).decode()), sealer)


def _open(kept: str, sealer: Sealer) -> SnsKey:
    value = json.decode(kept, type=_Kept)
    key = load_der_private_key(sealer.open(value.sealed_key, PLACE), None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - sealed, so written by us
    return SnsKey(key, value.certificate.encode())


def _certificate(key: rsa.RSAPrivateKey, host: str, now: int) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    begin = dt.datetime.fromtimestamp(now / 1000, dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - dt.timedelta(days=1))
        .not_valid_after(begin + dt.timedelta(days=365 * YEARS))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)
