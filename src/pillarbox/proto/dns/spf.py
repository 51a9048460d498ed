"""Reading SPF records (RFC 7208 §4.5, §5.2): whether one lets another domain's hosts send.

Takes the texts of a name's TXT records as a stranger's DNS gives them; linear in their length.
"""

from collections.abc import Iterable

MAX_LENGTH = 16_384


def spf_records(texts: Iterable[str]) -> list[str]:
    """Give those of a name's TXT records that are SPF records."""
    return [text for text in texts if text[:MAX_LENGTH].lower().split(" ", 1)[0] == "v=spf1"]


def includes(record: str, domain: str) -> bool:
    """Tell whether an SPF record passes what another domain's record passes."""
    wanted = {f"{sign}include:{domain.lower()}" for sign in ("", "+")}
    terms = record[:MAX_LENGTH].lower().split()
    return any(term.rstrip(".") in wanted for term in terms[1:])
