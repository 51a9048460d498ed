"""A mail that came back, read: what it is and whom it is about.

Takes the octets of any mail, hands on a `Report` value; never raises, in linear time and bounded
memory. The order, from what is sure to what is likely:

    1  a feedback report (RFC 5965, RFC 6650), or a complaint in a service's own form
    2  a delivery status (RFC 3464, RFC 6522, RFC 6533), as a part or as text
    3  the fields and the shape of reports without a standard form
    4  known phrases; among them a vacation (RFC 3834), a challenge, and a delay win over a failure

Nothing is believed here: `traces` holds what the caller verifies before anything follows.
"""

from dataclasses import replace
from itertools import takewhile

from pillarbox.model.report import (
    Complaint,
    Report,
    ReportedRecipient,
    ReportKind,
    ReturnedMessage,
)
from pillarbox.proto.report.arf import find_complaint, is_complaint, read_feedback_report
from pillarbox.proto.report.dsn import (
    DELAYED,
    FAILED,
    STATUS_PARTS,
    DeliveryStatus,
    read_delivery_status,
)
from pillarbox.proto.report.header import Fields, addresses_in
from pillarbox.proto.report.kind import is_from_mail_system
from pillarbox.proto.report.notice import Notice, read_notice, returned_header
from pillarbox.proto.report.parts import ReportPart, read_parts
from pillarbox.proto.report.phrases import FAILURE, has_phrase
from pillarbox.proto.report.recipients import is_return_path
from pillarbox.proto.report.text import read_by_text
from pillarbox.proto.report.traces import find_traces

MAX_RECIPIENTS = 50
_RECEIPTS = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification"}
)
_FEEDBACK = "message/feedback-report"
_REPORTS = STATUS_PARTS | _RECEIPTS | {_FEEDBACK}
_OWN = ("from", "to", "delivered-to", "x-original-to")
_SENDERS = ("from", "sender", "return-path", "reply-to", "x-original-from")


def read_report(content: bytes) -> Report:
    """Read a mail that came back."""
    parts = _unwrapped(read_parts(content))
    notice = read_notice(parts)
    returned = _returned(returned_header(parts, notice))
    complaint = _complaint(parts, notice)
    if complaint is not None and not is_complaint(complaint):
        report = Report(kind=ReportKind.NEITHER, arrival=complaint.arrival)
    elif complaint is not None:
        senders = addresses_in(parts[0].fields.text("from"))
        report = _complained(complaint, returned, senders)
    else:
        report = _delivered_or_not(parts, notice, returned)
    return replace(report, returned=returned, traces=find_traces(content, parts))


def _unwrapped(parts: tuple[ReportPart, ...]) -> tuple[ReportPart, ...]:
    """Take out a report that a filter or gateway on its way put whole into a mail of its own.

    Unless that mail says whom it is about itself: then it is a report of the report's own failure.
    """
    if any(_reports(part) and not part.returned for part in parts):
        return parts
    at = next((at for at, part in enumerate(parts) if part.level == 1), 0)
    if at == 0:
        return parts
    within = takewhile(lambda part: part.level > 0, parts[at:])
    inner = tuple(replace(part, level=part.level - 1) for part in within)
    said = "\n".join(part.text for part in parts[:at] if part.kind.startswith("text/")).strip()
    own = {one.lower() for name in _OWN for one in addresses_in(parts[0].fields.text(name))}
    if inner[0].kind != "multipart/report" and not _is_passed_on(
        inner[0].fields, own, alone=not said and not is_from_mail_system(parts[0].fields)
    ):
        return parts
    statuses = [part for part in inner if part.kind in STATUS_PARTS and not part.returned]
    told = {one for part in statuses for one in addresses_in(part.text)}
    told |= {*addresses_in(inner[0].fields.text("from")), *own}
    meant = {one.lower() for one in told}
    return inner if all(one.lower() in meant for one in addresses_in(said)) else parts


def _is_passed_on(inner: Fields, own: set[str], *, alone: bool) -> bool:
    """Tell a mail system's mail in another from what was sent: it went to whom the other went to.

    `alone`: no mail system encloses it, and nothing is said beside it.
    """
    to = [one.lower() for one in addresses_in(inner.text("to"))]
    to_us = any(one in own or is_return_path(one) for one in to)
    return is_from_mail_system(inner) and (to_us or alone)


def _reports(part: ReportPart) -> bool:
    """Tell a part that holds a report; a delivery status may be of nobody."""
    if part.kind in STATUS_PARTS:
        return "-recipient" in part.text.lower()
    return part.kind in _REPORTS


def _returned(fields: Fields | None) -> ReturnedMessage | None:
    if fields is None:
        return None
    identifier = fields.first("message-id").strip().strip("<>")
    senders = [one for name in _SENDERS for one in addresses_in(fields.text(name))]
    named = fields.every("to", "cc", "x-original-to", "delivered-to", "envelope-to")
    recipients = [one for value in named for one in addresses_in(value)]
    return ReturnedMessage(
        fields=fields.pairs,
        message_id=identifier or None,
        senders=tuple(dict.fromkeys(senders)),
        recipients=tuple(dict.fromkeys(recipients)),
    )


def _complaint(parts: tuple[ReportPart, ...], notice: Notice) -> Complaint | None:
    for part in parts:
        if part.kind == _FEEDBACK and not part.returned:
            return read_feedback_report(part.text)
    return find_complaint(parts, notice)


def _complained(
    complaint: Complaint, returned: ReturnedMessage | None, senders: list[str]
) -> Report:
    """Whom the mail was for, where the report leaves it out, is told by the message itself.

    Those at the domain that complains, if any are; else all it was for.
    """
    if not complaint.original_rcpt_to and returned is not None:
        domains = {one.rpartition("@")[2].lower() for one in senders}
        there = [one for one in returned.recipients if one.rpartition("@")[2].lower() in domains]
        told = tuple(there or returned.recipients)[:MAX_RECIPIENTS]
        complaint = replace(complaint, original_rcpt_to=told)
    return Report(kind=ReportKind.COMPLAINT, arrival=complaint.arrival, complaint=complaint)


def _delivered_or_not(
    parts: tuple[ReportPart, ...], notice: Notice, returned: ReturnedMessage | None
) -> Report:
    if any(_is_receipt(part, notice) for part in parts):
        return Report(kind=ReportKind.NEITHER)
    status = _delivery_status(parts, notice)
    if status.recipients:
        return _by_status(status, notice, returned)
    return read_by_text(parts[0].fields, notice, returned, status)


def _is_receipt(part: ReportPart, notice: Notice) -> bool:
    """Tell a receipt (RFC 8098) from a Sieve script's rejection in its form (RFC 5429 §2.2)."""
    if part.kind not in _RECEIPTS or part.returned:
        return False
    return "automatic-action" not in part.text.lower() or not has_phrase(FAILURE, notice.flat)


def _delivery_status(parts: tuple[ReportPart, ...], notice: Notice) -> DeliveryStatus:
    for part in parts:
        if part.kind in STATUS_PARTS and not part.returned:
            found = read_delivery_status(part.text)
            if found.recipients or found.reporting_mta:
                return found
    if "final-recipient:" in notice.flat or "original-recipient:" in notice.flat:
        return read_delivery_status("\n".join(line.strip() for line in notice.lines))
    return DeliveryStatus(())


def _by_status(status: DeliveryStatus, notice: Notice, returned: ReturnedMessage | None) -> Report:
    """Say what the actions say: one failure makes a bounce, else one delay makes a delay."""
    actions = {one.action for one in status.recipients}
    kind, wanted = ReportKind.NEITHER, ""
    if FAILED in actions:
        kind, wanted = ReportKind.BOUNCE, FAILED
    elif DELAYED in actions:
        kind, wanted = ReportKind.DELAY, DELAYED
    return Report(
        kind=kind,
        recipients=tuple(
            _whole_address(one, notice, returned)
            for one in status.recipients
            if one.action == wanted
        ),
        reporting_mta=status.reporting_mta,
        arrival=status.arrival,
    )


def _whole_address(
    one: ReportedRecipient, notice: Notice, returned: ReturnedMessage | None
) -> ReportedRecipient:
    """Complete a recipient that is only a local part by an address that begins with it.

    Else by the only one that the returned message was for: some write a placeholder.
    """
    if "@" in one.address:
        return one
    start = one.address.lower() + "@"
    sent_to = [to for to in returned.recipients if not is_return_path(to)] if returned else []
    known = [*sent_to, *addresses_in("\n".join(notice.lines))]
    alone = sent_to[0] if len(sent_to) == 1 else None
    whole = next((address for address in known if address.lower().startswith(start)), alone)
    return replace(one, address=whole) if whole else one
