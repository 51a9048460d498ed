"""Header fields of reports, read leniently: nothing a report contains is refused.

Takes a text of header lines, hands on fields by name (RFC 5322 §2.2), their values unfolded,
encoded words still as written. Bounded: fields, and characters of one field. The groups of a
delivery status have the same form (RFC 3464 §2.1), and so has a feedback report (RFC 5965 §3).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from pillarbox.proto.mime.encoded_words import decode_words

MAX_FIELDS = 500
MAX_VALUE = 4_000
_FIELD = re.compile(r"([!-9;-~]{1,76})[ \t]*:[ \t]*(.*)", re.DOTALL)
_ADDRESS = re.compile(
    r"(?<![\w!#$%&'*+/=?^`{|}~.-])"
    r"([\w!#$%&'*+/=?^`{|}~.-]{1,128}@[\w](?:[\w.-]{0,252}[\w])?|\"[^\"\n@]{1,64}\"@[\w.-]{1,254})"
)
#: The type of an address in an X.400 or Exchange name: `dda:SMTP=ann@b.example`.
_TYPE = re.compile(r"(?i)(?:smtp|rfc-?822)=(?=.)")


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields in their order, names in lower case."""

    pairs: tuple[tuple[str, str], ...] = ()

    def first(self, name: str) -> str:
        """Give the first field's value as it stands; empty when there is none."""
        return next((value for known, value in self.pairs if known == name), "")

    def every(self, *names: str) -> tuple[str, ...]:
        """Give the values of all fields of these names."""
        return tuple(value for known, value in self.pairs if known in names)

    def text(self, name: str) -> str:
        """Give the first field's value, encoded words decoded."""
        return decode_words(self.first(name))

    def has(self, *names: str) -> bool:
        """Tell whether a field of one of these names is there."""
        return any(known in names for known, _ in self.pairs)


def read_header(lines: Iterable[str]) -> Fields:
    """Read header lines up to the first blank one; a line that is no field is passed over."""
    found: list[tuple[str, str]] = []
    for line in lines:
        if not line.strip():
            if found:
                break
            continue
        if line[0] in " \t":
            if found and len(found[-1][1]) < MAX_VALUE:
                name, value = found[-1]
                found[-1] = (name, f"{value} {line.strip()}"[:MAX_VALUE])
            continue
        match = _FIELD.match(line[:MAX_VALUE])
        if match is not None:
            if len(found) >= MAX_FIELDS:
                break
            found.append((match[1].lower(), match[2].strip()))
    return Fields(tuple(found))


def addresses_in(text: str) -> list[str]:
    """Give the addresses that stand in a text, each once, in their order."""
    found = (one[1].strip(".'") for one in _ADDRESS.finditer(text))
    return list(dict.fromkeys(without_type(one) for one in found))


def without_type(address: str) -> str:
    """Give an address without the type that a mail system put before it."""
    match = _TYPE.match(address)
    return address if match is None else address[match.end() :]


def read_date(text: str) -> int | None:
    """Read a date (RFC 5322 §3.3) as milliseconds since the epoch; None for what is none."""
    try:
        found = parsedate_to_datetime(text[:100])
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        return int(found.timestamp() * 1000)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
