"""A report without a delivery status, read by its header and its text.

Takes the fields, the text and the returned message, hands on the `Report`: its kind, and the
recipients that a field (Exim, Gmail) or the text names, each with its reason. The rules are those
of `report_kind` and `report_recipients`; what is only likely comes last.
"""

from itertools import takewhile

from pillarbox.model.report import Report, ReportedRecipient, ReportKind, ReturnedMessage
from pillarbox.proto.report.dsn import DELAYED, FAILED, DeliveryStatus
from pillarbox.proto.report.header import Fields, addresses_in
from pillarbox.proto.report.kind import kind_of, read_signs
from pillarbox.proto.report.notice import Notice
from pillarbox.proto.report.recipients import (
    NamedRecipient,
    find_bare_name,
    find_own_recipients,
    find_recipients,
    find_sure_recipients,
    has_block,
    is_return_path,
)
from pillarbox.proto.smtp.reply_text import read_reply

MAX_DIAGNOSTIC = 1_000
MAX_RECIPIENTS = 50


def read_by_text(
    fields: Fields, notice: Notice, returned: ReturnedMessage | None, status: DeliveryStatus
) -> Report:
    """Read a report that has no delivery status; `status` may still name the reporting MTA."""
    named = _named(fields, notice, returned)
    told = read_reply(notice.flat[:8_000])
    quoting = told.code is not None or (told.status or "2")[0] in "45"
    shaped = bool(named) or quoting
    signs = read_signs(
        fields,
        notice.flat,
        shown=quoting or has_block(notice.lines),
        refused=(told.code or 0) >= 500,
        shaped=shaped,
    )
    kind = kind_of(signs, fields, shaped=shaped, returning=returned is not None)
    if kind not in {ReportKind.BOUNCE, ReportKind.DELAY}:
        return Report(kind=kind)
    named = named or _guessed(fields, notice, returned)
    action = FAILED if kind is ReportKind.BOUNCE else DELAYED
    return Report(
        kind=kind,
        recipients=tuple(_recipient(one, action, notice, alone=len(named) == 1) for one in named),
        reporting_mta=status.reporting_mta,
        arrival=status.arrival,
    )


def _named(
    fields: Fields, notice: Notice, returned: ReturnedMessage | None
) -> list[NamedRecipient]:
    """Give the recipients named by a field (Exim, Gmail), else by the text."""
    not_meant = {one.lower() for name in ("from", "to") for one in addresses_in(fields.text(name))}
    not_meant |= {one.lower() for one in returned.senders} if returned else set()
    listed = addresses_in(fields.first("x-failed-recipients"))
    excepted = frozenset(not_meant)
    in_text = find_recipients(notice.lines, excepted)
    if not in_text and len(notice.whole) > len(notice.lines):
        in_text = find_sure_recipients(notice.whole, excepted)
    if not in_text:
        in_text = find_own_recipients(notice.lines)
    if not listed:
        return in_text
    told = {one.became.lower(): one for one in in_text}
    return [told.get(one.lower()) or NamedRecipient(one, notice.flat) for one in listed]


def _guessed(
    fields: Fields, notice: Notice, returned: ReturnedMessage | None
) -> list[NamedRecipient]:
    """Give the recipient that the text doesn't write out, where it can be only one."""
    own = {one.lower() for name in ("from", "to") for one in addresses_in(fields.text(name))}
    senders = {one.lower() for one in returned.senders} if returned else set()
    there = returned.recipients if returned is not None else ()
    meant = (one for one in there if one.lower() not in own | senders)
    known = tuple(one for one in meant if not is_return_path(one))
    if len(known) > 1:
        words = set(notice.flat.replace('"', " ").replace(",", " ").split())
        known = tuple(one for one in known if one.lower().rpartition("@")[0] in words)
    if known:
        return [NamedRecipient(one, notice.flat) for one in known[:MAX_RECIPIENTS]]
    systems = addresses_in(fields.text("from"))
    bare = find_bare_name(notice.lines)
    if bare is not None and systems and not addresses_in(fields.text("subject")):
        domain = systems[0].rpartition("@")[2].lower()
        return [NamedRecipient(f"{bare.address}@{domain}", bare.reason)]
    for text in (fields.text("subject"), "\n".join(notice.whole)):
        left = [one for one in addresses_in(text) if one.lower() not in own | senders]
        if len(left) == 1:
            return [NamedRecipient(left[0], notice.flat)]
    return []


def _recipient(
    one: NamedRecipient, action: str, notice: Notice, *, alone: bool
) -> ReportedRecipient:
    reply = read_reply(one.reason)
    reason = one.reason
    if reply.code is None and reply.status is None:
        reason = f"{reason} {_said_elsewhere(one.address, notice)}".strip()
        reply = read_reply(reason)
    if not alone and reply.code is None and reply.status is None:
        reason = f"{reason} {_said_of_all(notice)}".strip()
    if alone and reply.code is None and reply.status is None:
        reply = read_reply(notice.flat)
        reason = " ".join(" ".join(notice.lines).split())
    return ReportedRecipient(
        address=one.address,
        action=action,
        status=reply.status,
        code=reply.code,
        diagnostic=reason[:MAX_DIAGNOSTIC] or None,
    )


def _said_elsewhere(address: str, notice: Notice) -> str:
    """Give the other lines that name a recipient: a transcript tells why below the list."""
    wanted = address.lower()
    lines = [line.strip() for line in notice.lines if wanted in line.lower()]
    return " ".join(lines[1:5])


def _said_of_all(notice: Notice) -> str:
    """Give what stands above the first address: it may call the error permanent for them all."""
    above = takewhile(lambda line: not addresses_in(line), notice.lines)
    return " ".join(" ".join(above).split())
