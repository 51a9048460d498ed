"""From a report to the block of its event record (facts §5.2, §11). Pure.

Takes the report and the recipient that the signed tag names; hands on a Bounce or a Complaint
block. What the report does not tell is left out, and the address is always the one we sent to: a
receiver may have passed the mail on to another one.
"""

from collections.abc import Sequence
from typing import Any

from pillarbox.base.clock import iso8601
from pillarbox.model.report import Complaint, Report, ReportedRecipient
from pillarbox.proto.report.bounce_class import classify

#: The types of RFC 5965 §7.3 and RFC 6591 that SES knows; every other one is `other`.
FEEDBACK_TYPES = frozenset({"abuse", "auth-failure", "fraud", "not-spam", "other", "virus"})
MAX_TOLD = 500
_NOTHING = ReportedRecipient(address="", action="failed")


def bounce_block(report: Report, address: str, *, feedback_id: str, now: int) -> dict[str, Any]:
    """Describe a failure that was reported for a recipient."""
    told = _told_of(report.recipients, address)
    kind = classify(told.status, told.code, told.diagnostic or "")
    recipient = {"emailAddress": address, "action": "failed"}
    if told.status:
        recipient["status"] = told.status
    if told.diagnostic:
        recipient["diagnosticCode"] = f"smtp; {_line(told.diagnostic)}"
    block = {
        "feedbackId": feedback_id,
        "bounceType": kind.bounce_type,
        "bounceSubType": kind.bounce_sub_type,
        "bouncedRecipients": [recipient],
        "timestamp": iso8601(now),
    }
    if report.reporting_mta:
        block["reportingMTA"] = f"dns; {_line(report.reporting_mta)}"
    return block


def complaint_block(
    complaint: Complaint, addresses: Sequence[str], *, feedback_id: str, now: int
) -> dict[str, Any]:
    """Describe a complaint; `addresses`: all that it may have come from."""
    kind = complaint.feedback_type
    block: dict[str, Any] = {
        "feedbackId": feedback_id,
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": one} for one in addresses],
        "timestamp": iso8601(now),
    }
    if complaint.user_agent:
        block["userAgent"] = _line(complaint.user_agent)
    block["complaintFeedbackType"] = kind if kind in FEEDBACK_TYPES else "other"
    if complaint.arrival is not None:
        block["arrivalDate"] = iso8601(complaint.arrival)
    return block


def may_have_complained(address: str, recipients: Sequence[str]) -> tuple[str, ...]:
    """Give the recipients of a message at the complaining domain: a report seldom says who it was.

    The one that the tag names comes first.
    """
    domain = _domain(address)
    there = [one for one in recipients if _domain(one) == domain]
    return tuple(dict.fromkeys((address, *there)))


def _told_of(reported: Sequence[ReportedRecipient], address: str) -> ReportedRecipient:
    """Choose what was reported of an address: by its name, else the first that failed."""
    wanted = address.lower()
    mine = (one for one in reported if one.address.lower() == wanted)
    return next(mine, reported[0] if reported else _NOTHING)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _line(text: str) -> str:
    return " ".join(text.split())[:MAX_TOLD]
