"""A bounce or a complaint that proves nothing is kept for the operator, and changes nothing.

Takes the report and its envelope; hands on a row with what it claims and its beginning. The newest
so many are kept, for so many days, so that whoever sends rubbish fills nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.ids import uuid7, uuid7_floor
from pillarbox.model.kept_report import KeptReport, ReportClaims
from pillarbox.model.report import Report
from pillarbox.store.coming_back.kept_reports import insert_kept, trim_kept

DAY_MS = 24 * 3600 * 1000
#: Octets kept of a report, and characters of each thing it says.
MAX_CONTENT, MAX_SAID = 64 * 1024, 300
MAX_RECIPIENTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReports:
    """How much is kept: the newest `most`; `days`: for so long, 0 for as long as there is room."""

    most: int = 1000
    days: int = 30

    def keep(self, conn: Connection, report: KeptReport, now: int) -> None:
        """Keep a report and remove what is too much or too old."""
        if self.most <= 0:
            return
        insert_kept(conn, report)
        before = uuid7_floor(max(0, now - self.days * DAY_MS)) if self.days else bytes(16)
        trim_kept(conn, self.most, before)


def kept_report(
    report: Report, content: bytes, *, sender: str, sent_to: Sequence[str], now: int
) -> KeptReport:
    """Make the row of a report."""
    return KeptReport(
        id=uuid7(now),
        kind=report.kind.value,
        sender=_said(sender) or "",
        sent_to=tuple(_said(one) or "" for one in sent_to),
        claims=_claims(report),
        size=len(content),
        content=content[:MAX_CONTENT],
    )


def _claims(report: Report) -> ReportClaims:
    first = report.recipients[0] if report.recipients else None
    complaint = report.complaint
    named = [one.address for one in report.recipients]
    named += complaint.original_rcpt_to if complaint else ()
    return ReportClaims(
        recipients=tuple(_said(one) or "" for one in named[:MAX_RECIPIENTS]),
        status=_said(first.status) if first else None,
        diagnostic=_said(first.diagnostic) if first else None,
        reporting_mta=_said(report.reporting_mta),
        feedback_type=_said(complaint.feedback_type) if complaint else None,
        message_id=_said(report.returned.message_id) if report.returned else None,
    )


def _said(text: str | None) -> str | None:
    """Bound a text of a stranger's; the store takes no NUL and no lone surrogates."""
    if text is None:
        return None
    clean = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return " ".join(clean.split())[:MAX_SAID]
