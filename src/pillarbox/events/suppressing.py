"""Who bounced for good or complained comes on the account's suppression list (facts §11).

Takes events with the address each is about, in the transaction that stores them. The configuration
set's reasons hold, or else the account's: the same that decide on the next message. Bounces and
complaints of the mailbox simulator put nobody on it (facts §9).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from pillarbox.base.ids import message_id_beside
from pillarbox.events.suppressed_event import ON_LIST
from pillarbox.model.event import BOUNCE, COMPLAINT, Event
from pillarbox.store.lists.suppression import SuppressedRow, put_suppressed
from pillarbox.store.sets.sender import find_sending_rules, read_accounts

PERMANENT = "Permanent"
#: Policy (RFC 3463 §3.8) says nothing of the address. But with 5.7.1 all sorts of things are told:
#: where its type is Permanent, the text has said that there is no such recipient.
_POLICY, _VAGUE = "5.7.", "5.7.1"
#: Feedback that is no complaint of the recipient's (RFC 5965 §7.3, RFC 6591).
_NO_WISH = frozenset({"not-spam", "auth-failure"})


def suppress_after(conn: Connection, happened: Sequence[tuple[Event, str]]) -> None:
    """Put on the list whom events say to send nothing more to."""
    known: dict[tuple[str, str | None], tuple[str, ...]] = {}
    for event, address in happened:
        reason = reason_of(event)
        if reason is None or event.simulated:
            continue
        key = (event.account_id, event.configuration_set)
        if key not in known:
            known[key] = _wanted_reasons(conn, *key)
        if reason in known[key]:
            put_suppressed(conn, _row(event, address, reason))


def reason_of(event: Event) -> str | None:
    """Say for which reason an event suppresses its recipient; None when it does not."""
    detail = event.detail
    if event.type == BOUNCE and detail.get("bounceType") == PERMANENT:
        return "BOUNCE" if detail["bounceSubType"] != ON_LIST and _is_about_it(detail) else None
    if event.type == COMPLAINT and detail.get("complaintSubType") is None:
        return None if detail.get("complaintFeedbackType") in _NO_WISH else "COMPLAINT"
    return None


def _is_about_it(detail: dict[str, Any]) -> bool:
    """Tell a bounce of the address from one that is about us: authentication, a missing TLS."""
    statuses = (one.get("status", "") for one in detail["bouncedRecipients"])
    return not any(status.startswith(_POLICY) and status != _VAGUE for status in statuses)


def _wanted_reasons(conn: Connection, account_id: str, name: str | None) -> tuple[str, ...]:
    rules = find_sending_rules(conn, account_id, name) if name else None
    if rules is not None and rules.suppressed_reasons is not None:
        return rules.suppressed_reasons
    account = read_accounts(conn, [account_id]).get(account_id)
    return account.suppressed_reasons if account else ()


def _row(event: Event, address: str, reason: str) -> SuppressedRow:
    feedback_id = str(event.detail["feedbackId"])
    return SuppressedRow(
        account_id=event.account_id,
        address=address,
        reason=reason,
        updated_at=event.created_at,
        message_id=message_id_beside(event.message_id, feedback_id),
        feedback_id=feedback_id,
    )
