"""Bounces and complaints that proved nothing: listed and shown, for the operator.

They belong to no account, since nothing in them says truly whose mail they are about. Functions on
a connection, to be run in a transaction of the store.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import NotFound
from pillarbox.base.ids import uuid7_ms, uuid_text
from pillarbox.model.kept_report import KeptReport
from pillarbox.store.coming_back import kept_reports as rows

MAX_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReport:
    """One report as it is shown. `received_at`: milliseconds since the epoch."""

    id: str
    received_at: int
    report: KeptReport


def list_reports(
    conn: Connection,
    *,
    after: str | None,
    limit: int,
    oldest_first: bool = False,
    kind: str | None = None,
) -> list[ShownReport]:
    """Give a page, the newest first, or the oldest, after the one with this id; of one kind or of
    all. Raises NotFound for no id.
    """
    found = rows.list_kept(
        conn,
        past=None if after is None else _row_id(after),
        limit=max(1, min(limit, MAX_PAGE)),
        oldest_first=oldest_first,
        kind=kind,
    )
    return [_shown(one) for one in found]


def show_report(conn: Connection, report_id: str) -> ShownReport:
    """Give one with its content. Raises NotFound."""
    found = rows.find_kept(conn, _row_id(report_id))
    if found is None:
        raise NotFound(f"Report {report_id} is not kept here.")
    return _shown(found)


def _shown(report: KeptReport) -> ShownReport:
    return ShownReport(id=uuid_text(report.id), received_at=uuid7_ms(report.id), report=report)


def _row_id(text: str) -> bytes:
    try:
        value = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        value = b""
    if len(value) != 16:
        raise NotFound(f"Report {text[:40]} is not kept here.")
    return value
