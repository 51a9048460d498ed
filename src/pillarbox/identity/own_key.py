"""A customer's own DKIM key, as the API takes it: base64 of an RSA private key, DER or PEM.

The usual form is the body of a PEM file without its first and last line and without line breaks,
which is the DER form (PKCS #1 or PKCS #8) in base64.
"""

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
)

from pillarbox.base.errors import BadRequest

LEAST_BITS, MOST_BITS = 1024, 2048
_PEM = b"-----BEGIN "


def read_own_key(text: str) -> RSAPrivateKey:
    """Read a private key; it must be RSA with 1024 to 2048 bits. Raises BadRequest."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
        load = load_pem_private_key if data.startswith(_PEM) else load_der_private_key
        key = load(data, None)
    except (UnicodeError, binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        raise BadRequest("DomainSigningPrivateKey is not a private key in base64.") from None
    if not isinstance(key, RSAPrivateKey) or not LEAST_BITS <= key.key_size <= MOST_BITS:
        raise BadRequest(
            f"DomainSigningPrivateKey must be an RSA key of {LEAST_BITS} to {MOST_BITS} bits."
        )
    return key
