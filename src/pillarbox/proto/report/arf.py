"""A feedback report, read (RFC 5965, RFC 6650), and those that come without its form.

Takes the text of a `message/feedback-report` part; or the parts of a mail, for services that tell a
complaint in their own way: a header field that names the recipient (Microsoft's JMRP), a fixed
sentence (AOL's old loop), a field for abuse reports (X-ARF). Hands on the complaint.
"""

from pillarbox.model.report import Complaint
from pillarbox.proto.report.dsn import STATUS_PARTS, read_recipient
from pillarbox.proto.report.header import Fields, addresses_in, read_date, read_header
from pillarbox.proto.report.notice import Notice
from pillarbox.proto.report.parts import ReportPart
from pillarbox.proto.report.phrases import COMPLAINT_TEXT, flatten, has_phrase

MAX_RECIPIENTS = 200
ABUSE = "abuse"
#: Reports to whom authenticates (RFC 6591), and that a mail was no spam (RFC 5965 §7.3, RFC 6430);
#: the last two are what drafts of RFC 5965 called them.
_NO_COMPLAINT = frozenset({"auth-failure", "not-spam", "dkim", "miscategorized"})
#: Fields by which Microsoft's Junk Mail Reporting Program names whom the mail was for.
_JMRP = ("x-hmxmroriginalrecipient", "x-hmxmrsender")


def read_feedback_report(text: str) -> Complaint:
    """Read a feedback report; without a type it is of abuse."""
    fields = read_header(line for line in text.split("\n") if line.strip())
    sender = read_recipient(fields.first("original-mail-from"))
    arrival = fields.first("arrival-date") or fields.first("received-date")
    return Complaint(
        feedback_type=fields.first("feedback-type").strip().lower()[:64] or ABUSE,
        user_agent=fields.first("user-agent") or None,
        arrival=read_date(arrival) if arrival else None,
        original_mail_from=sender if "@" in sender else None,
        original_rcpt_to=_recipients(fields),
        source_ip=fields.first("source-ip") or None,
    )


def _recipients(fields: Fields) -> tuple[str, ...]:
    """Give the recipients named, each once; Original-Rcpt-To may repeat (RFC 5965 §3.2)."""
    named = fields.every("original-rcpt-to", "original-recipient", "removal-recipient")
    found = [one for value in named for one in addresses_in(value)]
    return tuple(dict.fromkeys(found))[:MAX_RECIPIENTS]


def is_complaint(complaint: Complaint) -> bool:
    """Tell whether somebody complained: not of a failed authentication, nor of a filter's error."""
    return complaint.feedback_type not in _NO_COMPLAINT


def find_complaint(parts: tuple[ReportPart, ...], notice: Notice) -> Complaint | None:
    """Find a complaint told without a feedback report; None when there is none."""
    for part in parts:
        if part.fields.has(*_JMRP):
            told = addresses_in(part.fields.first(_JMRP[0]))
            return Complaint(feedback_type=ABUSE, original_rcpt_to=tuple(told[:MAX_RECIPIENTS]))
    head = parts[0].fields
    if head.has("x-xarf", "x-arf") or "feedback-type:" in notice.flat:
        return read_feedback_report("\n".join(line.strip() for line in notice.lines))
    if any(part.kind in STATUS_PARTS and not part.returned for part in parts):
        return None  # a server that refuses spam speaks of complaints too
    told_so = has_phrase(COMPLAINT_TEXT, f"{flatten(head.text('subject'))} {notice.flat[:2000]}")
    return Complaint(feedback_type=ABUSE) if told_so else None
