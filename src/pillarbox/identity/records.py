"""The DNS records that we ask customers to set, and those of the service's own zone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pillarbox.identity.names import ServiceNames

TTL = 3600
_TXT_STRING = 255


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record; `value` as in a zone file, names with their last dot."""

    name: str
    type: str
    value: str
    purpose: str = ""


def identity_records(names: ServiceNames, identity: str, tokens: Iterable[str]) -> list[DnsRecord]:
    """Give the records that verify a domain and let its mail be signed (facts §7)."""
    return [
        DnsRecord(
            names.dkim_record_name(token, identity),
            "CNAME",
            f"{names.dkim_target(token)}.",
            "verifies the domain and signs its mail (DKIM)",
        )
        for token in tokens
    ]


def zone_records(names: ServiceNames, keys: Iterable[tuple[str, str]]) -> list[DnsRecord]:
    """Give the records of the service's zone; `keys`: (token, TXT record)."""
    return [
        DnsRecord(names.bounce_domain, "MX", f"10 {names.helo}.", "bounces come back here"),
        DnsRecord(names.bounce_domain, "TXT", f'"v=spf1 a:{names.helo} -all"', "SPF"),
        *(
            DnsRecord(names.dkim_target(token), "TXT", quoted_txt(value), "a DKIM public key")
            for token, value in keys
        ),
    ]


def quoted_txt(value: str) -> str:
    """Write a TXT value as zone files do, cut into strings of 255 octets at most."""
    pieces = [value[start : start + _TXT_STRING] for start in range(0, len(value), _TXT_STRING)]
    return " ".join(f'"{piece}"' for piece in pieces)


def zone_file(records: Sequence[DnsRecord]) -> str:
    """Write records as a zone file."""
    return "".join(f"{one.name}. {TTL} IN {one.type} {one.value}\n" for one in records)
