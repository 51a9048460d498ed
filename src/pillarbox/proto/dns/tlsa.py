"""TLSA records as values: what a host's owner says of its certificates (RFC 6698 §2, RFC 7671).

Takes records in presentation form (`3 1 1 1A2B…`), hands on those that SMTP may go by (RFC 7672
§3.1): usages DANE-TA(2) and DANE-EE(3) alone. Pure.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

DANE_TA, DANE_EE = 2, 3
WHOLE_CERTIFICATE, PUBLIC_KEY = 0, 1
EXACT, SHA256, SHA512 = 0, 1, 2
MAX_RECORDS = 100
"""Records of one host that are looked at; no host needs more."""

_RECORD = re.compile(r"([0-9]{1,3}) ([0-9]{1,3}) ([0-9]{1,3}) ([0-9A-Fa-f ]+)")
_DIGEST_OCTETS = {SHA256: 32, SHA512: 64}
_ASSOCIATION: dict[int, Callable[[bytes], bytes]] = {
    EXACT: lambda data: data,
    SHA256: lambda data: hashlib.sha256(data).digest(),
    SHA512: lambda data: hashlib.sha512(data).digest(),
}


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One record: the certificate usage, the selector, the matching type, the data to match."""

    usage: int
    selector: int
    matching: int
    data: bytes

    @property
    def usable(self) -> bool:
        """Whether SMTP may go by it: PKIX-TA(0) and PKIX-EE(1) are not for it (RFC 7672 §3.1.3)."""
        return (
            self.usage in {DANE_TA, DANE_EE}
            and self.selector in {WHOLE_CERTIFICATE, PUBLIC_KEY}
            and self.matching in _ASSOCIATION
            and len(self.data) == _DIGEST_OCTETS.get(self.matching, len(self.data))
        )

    def matches(self, selected: bytes) -> bool:
        """Tell whether a certificate, or its public key as the selector says, is the one meant."""
        return _ASSOCIATION[self.matching](selected) == self.data


def parse_tlsa(record: str) -> Tlsa | None:
    """Read one record in presentation form; None when it is malformed."""
    found = _RECORD.fullmatch(record)
    if found is None:
        return None
    usage, selector, matching = (int(found[place]) for place in (1, 2, 3))
    digits = found[4].replace(" ", "")
    if max(usage, selector, matching) > 255 or not digits or len(digits) % 2:
        return None
    return Tlsa(usage, selector, matching, bytes.fromhex(digits))


def usable_records(records: Iterable[str]) -> tuple[Tlsa, ...]:
    """Give the records to go by, none of them when none is usable.

    Of digests of the same usage and selector only the strongest kind counts (RFC 7671 §9).
    """
    read = (parse_tlsa(record) for record in sorted(records)[:MAX_RECORDS])
    usable = [one for one in read if one is not None and one.usable]
    strongest: dict[tuple[int, int], int] = {}
    for one in usable:
        kind = (one.usage, one.selector)
        strongest[kind] = max(strongest.get(kind, EXACT), one.matching)
    return tuple(
        one
        for one in dict.fromkeys(usable)
        if one.matching in {EXACT, strongest[one.usage, one.selector]}
    )
