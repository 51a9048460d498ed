"""Whether a server's certificates are those that its TLSA records name (RFC 7671 §5, RFC 7672 §3).

Takes usable records, the certificates that the server showed (DER, its own first), the names it may
go by and the time; hands on the reason against it, empty when it is the one. DANE-EE: the server's
own certificate matches, and neither its names nor its dates count (RFC 7672 §3.1.1). DANE-TA: one
of the others matches, and the server's own is valid below it, under one of the names. Pure.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from pillarbox.proto.dns.tlsa import DANE_EE, DANE_TA, WHOLE_CERTIFICATE, Tlsa

NO_MATCH = "its certificate matches no TLSA record"
NO_PATH = "its certificate is not valid below the authority that a TLSA record names"
MAX_CHAIN = 12
"""Certificates of a server that are looked at."""
_SPKI_PLACE = 6  # version, serial, signature, issuer, validity, subject, then the key (RFC 5280)

# What holds for private authorities too: no more than what makes one, and names to compare.
_AUTHORITY = ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, Criticality.AGNOSTIC, None
)
_SERVER = ExtensionPolicy.permit_all().require_present(
    x509.SubjectAlternativeName, Criticality.AGNOSTIC, None
)


def objection(
    records: Sequence[Tlsa], chain: Sequence[bytes], names: Sequence[str], now: datetime
) -> str:
    """Say why the server is not the one that the records name; empty when it is."""
    if not chain:
        return "it showed no certificate"
    shown = list(chain[:MAX_CHAIN])
    if any(_named(shown[0], one) for one in records if one.usage == DANE_EE):
        return ""
    below = [one for one in records if one.usage == DANE_TA]
    anchors = [der for der in shown[1:] if any(_named(der, one) for one in below)]
    if not anchors:
        return NO_MATCH
    return "" if any(_is_valid(shown, anchor, names, now) for anchor in anchors) else NO_PATH


def _named(der: bytes, record: Tlsa) -> bool:
    if record.selector == WHOLE_CERTIFICATE:
        return record.matches(der)
    try:
        return record.matches(public_key_of(der))
    except ValueError:
        return False


def _is_valid(shown: Sequence[bytes], anchor: bytes, names: Sequence[str], now: datetime) -> bool:
    """Tell whether the first certificate is valid below the anchor for one of the names."""
    try:
        leaf, *others = [x509.load_der_x509_certificate(der) for der in shown]
        builder = PolicyBuilder().store(Store([x509.load_der_x509_certificate(anchor)])).time(now)
        builder = builder.extension_policies(ca_policy=_AUTHORITY, ee_policy=_SERVER)
        subjects = [x509.DNSName(name) for name in names]
    except (ValueError, UnsupportedAlgorithm):
        return False
    for subject in subjects:
        try:
            builder.build_server_verifier(subject).verify(leaf, others)
        except (VerificationError, ValueError, UnsupportedAlgorithm):
            continue
        return True
    return False


def public_key_of(der: bytes) -> bytes:
    """Give the SubjectPublicKeyInfo of a certificate, octet for octet (RFC 5280 §4.1).

    Raises ValueError when it can't be found.
    """
    certificate = next(_elements(der, 0, len(der)), (0, 0))
    to_be_signed = next(_elements(der, *_contents(der, certificate)), (0, 0))
    fields = list(_elements(der, *_contents(der, to_be_signed)))
    place = _SPKI_PLACE if fields and der[fields[0][0]] == 0xA0 else _SPKI_PLACE - 1  # no version
    if len(fields) <= place:
        raise ValueError("not a certificate")
    start, end = fields[place]
    return der[start:end]


def _contents(der: bytes, element: tuple[int, int]) -> tuple[int, int]:
    """Give where an element's contents begin and end."""
    start, end = element
    if end - start < 2:
        raise ValueError("an element is cut off")
    long_form = der[start + 1] & 0x7F if der[start + 1] & 0x80 else 0
    return start + 2 + long_form, end


def _elements(der: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Give where each element (X.690 §8.1) between two places begins and ends.

    Raises ValueError where there is none.
    """
    while at < end:
        if at + 2 > end:
            raise ValueError("an element is cut off")
        length, body = der[at + 1], at + 2
        if length & 0x80:
            octets = length & 0x7F
            if not 1 <= octets <= 4 or body + octets > end:
                raise ValueError("a length can't be read")
            length, body = int.from_bytes(der[body : body + octets], "big"), body + octets
        if body + length > end:
            raise ValueError("an element is cut off")
        yield at, body + length
        at = body + length
