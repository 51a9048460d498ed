"""What an event means for the reputation of who sent the mail (facts §9), counted where it is
stored.

Takes events with what is known of the mail, in the transaction that stores them; hands on tallies.
Counted are recipients that were tried to an end. Bounces are permanent ones alone, but not of
addresses at a domain that the account has verified itself; a complaint is one of the recipient's.
What the mailbox simulator answers and what the suppression list kept from the wire count nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlalchemy import Connection

from pillarbox.base.ids import uuid7_ms
from pillarbox.events.suppressed_event import ON_LIST
from pillarbox.model.event import BOUNCE, COMPLAINT, Event
from pillarbox.model.reputation import Tally, Volume
from pillarbox.proto.mime.addresses import parse_address
from pillarbox.proto.mime.error import MimeError
from pillarbox.store.coming_back.reputation import add_tallies, verified_domains

_PERMANENT = "Permanent"
#: Feedback that is no complaint of the recipient's (RFC 5965 §7.3, RFC 6591).
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event of one recipient with what it is counted by; `ended`: it is how its mail ended."""

    event: Event
    address: str
    sending_domain: str
    sent_from: str | None
    ended: bool


def count_reputation(conn: Connection, happened: Sequence[Happened]) -> None:
    """Count what happened."""
    counted = [one for one in happened if not one.event.simulated]
    tallies = [(one, _tally(one)) for one in counted]
    own = _at_own_domains(conn, [one for one, tally in tallies if tally.volume.bounces])
    told = (
        replace(tally, volume=replace(tally.volume, bounces=0)) if id(one) in own else tally
        for one, tally in tallies
    )
    add_tallies(conn, [tally for tally in told if tally.volume != Volume()])


@lru_cache(4096)
def sending_domain(source: str) -> str:
    """Give the domain of an author as written, empty for what can't be read."""
    try:
        return parse_address(source).domain.lower()
    except MimeError:
        return ""


def _tally(one: Happened) -> Tally:
    event = one.event
    return Tally(
        account_id=event.account_id,
        configuration_set=event.configuration_set,
        sending_domain=one.sending_domain,
        sent_from=one.sent_from,
        accepted_at=uuid7_ms(event.message_id),
        volume=Volume(int(one.ended), int(_is_hard_bounce(event)), int(_is_complaint(event))),
    )


def _is_hard_bounce(event: Event) -> bool:
    detail = event.detail
    return (
        event.type == BOUNCE
        and detail.get("bounceType") == _PERMANENT
        and detail.get("bounceSubType") != ON_LIST
    )


def _is_complaint(event: Event) -> bool:
    detail = event.detail
    return (
        event.type == COMPLAINT
        and detail.get("complaintSubType") != ON_LIST
        and detail.get("complaintFeedbackType") not in _NO_COMPLAINT
    )


def _at_own_domains(conn: Connection, bounced: Sequence[Happened]) -> set[int]:
    """Find the bounces of addresses at domains that their sender has verified itself."""
    found: set[int] = set()
    for account_id in {one.event.account_id for one in bounced}:
        mine = [one for one in bounced if one.event.account_id == account_id]
        names = {id(one): _covering_domains(one.address) for one in mine}
        known = verified_domains(conn, account_id, {n for some in names.values() for n in some})
        found |= {key for key, some in names.items() if known.intersection(some)}
    return found


def _covering_domains(address: str) -> tuple[str, ...]:
    """Give the domain of an address and its parents, without the top-level domain alone."""
    labels = address.rpartition("@")[2].lower().split(".")
    return tuple(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))
