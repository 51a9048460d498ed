"""The DNS records that we ask customers to set, and those of the service's own zone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pillarbox.identity.names import ServiceNames
from pillarbox.store.identity.dkim_tokens import KeyRow
from pillarbox.store.identity.identities import IdentityRow

TTL = 3600
_TXT_STRING = 255


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record; `value` as in a zone file, names with their last dot."""

    name: str
    type: str
    value: str
    purpose: str = ""


def identity_records(
    names: ServiceNames, row: IdentityRow, keys: Sequence[KeyRow]
) -> list[DnsRecord]:
    """Give the records that an identity's owner is asked to set (facts §7)."""
    return [
        *_txt_records(names, row),
        *_key_records(names, row, keys),
        *_mail_from_records(names, row),
    ]


def _txt_records(names: ServiceNames, row: IdentityRow) -> list[DnsRecord]:
    if row.txt_token is None:
        return []
    name = names.txt_record_name(row.name)
    return [DnsRecord(name, "TXT", quoted_txt(row.txt_token), "verifies the domain")]


def _key_records(names: ServiceNames, row: IdentityRow, keys: Sequence[KeyRow]) -> list[DnsRecord]:
    """Give the CNAMEs of our tokens, or the TXT record of the customer's own key."""
    live = [one for one in keys if one.retired_at is None]
    purpose = "verifies the domain and signs its mail (DKIM)"
    if row.external:
        return [
            DnsRecord(
                names.dkim_record_name(one.selector, row.name),
                "TXT",
                quoted_txt(one.public_key),
                purpose,
            )
            for one in [one for one in live if one.origin is not None][:1]
        ]
    return [
        DnsRecord(
            names.dkim_record_name(token, row.name),
            "CNAME",
            f"{names.dkim_target(token)}.",
            purpose,
        )
        for token in sorted(one.selector for one in live if one.origin is None)
    ]


def _mail_from_records(names: ServiceNames, row: IdentityRow) -> list[DnsRecord]:
    domain = row.mail_from_domain
    if domain is None:
        return []
    return [
        DnsRecord(domain, "MX", f"10 {names.feedback_host}.", "bounces come back to us"),
        DnsRecord(domain, "TXT", quoted_txt(f"v=spf1 include:{names.spf_include} ~all"), "SPF"),
    ]


def zone_records(
    names: ServiceNames, keys: Iterable[tuple[str, str]], own: Iterable[tuple[str, str]] = ()
) -> list[DnsRecord]:
    """Give the records of the service's zone; `keys`, `own`: (token, TXT record).

    `own`: what the service signs its own mail with.
    """
    return [
        DnsRecord(names.bounce_domain, "MX", f"10 {names.helo}.", "bounces come back here"),
        DnsRecord(names.bounce_domain, "TXT", f'"v=spf1 a:{names.helo} -all"', "SPF"),
        *(
            DnsRecord(names.dkim_target(token), "TXT", quoted_txt(value), "a DKIM public key")
            for token, value in keys
        ),
        *(
            DnsRecord(
                names.dkim_record_name(token, names.domain),
                "TXT",
                quoted_txt(value),
                "the key of the service's own mail",
            )
            for token, value in own
        ),
    ]


def quoted_txt(value: str) -> str:
    """Write a TXT value as zone files do, cut into strings of 255 octets at most."""
    pieces = [value[start : start + _TXT_STRING] for start in range(0, len(value), _TXT_STRING)]
    return " ".join(f'"{piece}"' for piece in pieces)


def zone_file(records: Sequence[DnsRecord]) -> str:
    """Write records as a zone file."""
    return "".join(f"{one.name}. {TTL} IN {one.type} {one.value}\n" for one in records)
