"""Targets of mail that comes back: reports of any form, delivery statuses, feedback reports."""

from pathlib import Path

from pillarbox.model.report import ReportKind
from pillarbox.proto.mime.addresses import Mailbox
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.raw import parse_raw
from pillarbox.proto.report.arf import read_feedback_report
from pillarbox.proto.report.bounce_class import PERMANENT, TRANSIENT, UNDETERMINED, classify
from pillarbox.proto.report.dsn import MAX_RECIPIENTS, read_delivery_status
from pillarbox.proto.report.feedback_compose import pass_on
from pillarbox.proto.report.reading import read_report

_CASES = Path(__file__).parent.parent / "tests" / "cases" / "reports"
MAILS = tuple(path.read_bytes() for path in sorted(_CASES.glob("*/message.eml")))
STATUSES = (
    b"Reporting-MTA: dns; a.example\n\nFinal-Recipient: rfc822; b@c.example\nAction: failed\n",
    b"Final-Recipient: utf-8; j\\x{FC}@b.example\nStatus: 5.1.1 (no)\nDiagnostic-Code: smtp; 550\n",
)
FEEDBACK = (
    b"Feedback-Type: abuse\nUser-Agent: x/1\nOriginal-Rcpt-To: <a@b.example>\nArrival-Date: x\n",
)


def report(data: bytes) -> None:
    """Any octets are some report; only bounces and delays name recipients, each classified."""
    found = read_report(data)
    assert found.kind in {ReportKind.BOUNCE, ReportKind.DELAY} or not found.recipients
    assert (found.kind is ReportKind.COMPLAINT) == (found.complaint is not None)
    for one in found.recipients:
        assert "\n" not in one.address
        kind = classify(one.status, one.code, one.diagnostic or "")
        assert kind.bounce_type in {PERMANENT, TRANSIENT, UNDETERMINED}


def passed_on(data: bytes) -> None:
    """A report that is passed on has our From and To alone, and the body as it came."""
    us, to = Mailbox("", "MAILER-DAEMON", "us.example"), Mailbox("", "me", "shop.example")
    try:
        mail = parse_raw(pass_on(data, from_=us, to=to, subject="Delivery failed", reply_to=to))
    except MimeError:
        return
    names = [field.name.lower() for field in mail.fields]
    assert {"from", "to", "subject"} <= set(names)
    assert (names.count("from"), names.count("to")) == (1, 1)
    assert not {"received", "return-path", "bcc", "dkim-signature"} & set(names)
    assert mail.data[: mail.header_end].isascii()
    raw = parse_raw(data)
    assert mail.data[mail.body_start :] == raw.data[raw.body_start :]


def delivery_status(data: bytes) -> None:
    """Each recipient has an address and an action, and there are only so many."""
    found = read_delivery_status(data.decode("latin-1"))
    assert len(found.recipients) <= MAX_RECIPIENTS
    assert all(one.address and one.action for one in found.recipients)


def feedback_report(data: bytes) -> None:
    """There is always a type, in lower case, and the recipients are addresses."""
    found = read_feedback_report(data.decode("latin-1"))
    assert found.feedback_type == found.feedback_type.lower() != ""
    assert all("@" in one for one in found.original_rcpt_to)
