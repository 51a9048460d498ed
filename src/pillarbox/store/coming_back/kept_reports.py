"""Reports without proof of whom they are about: kept, the newest so many, and looked at."""

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from pillarbox.model.kept_report import KeptReport, ReportClaims
from pillarbox.store.tables import kept_reports

_columns = kept_reports.c


def insert_kept(conn: Connection, report: KeptReport) -> None:
    """Keep a report."""
    values = {
        "id": report.id,
        "kind": report.kind,
        "sender": report.sender,
        "sent_to": msgspec.json.encode(report.sent_to).decode(),
        "said": msgspec.json.encode(report.claims).decode(),
        "size": report.size,
        "content": report.content,
    }
    conn.execute(insert(kept_reports).values(**values))


def trim_kept(conn: Connection, most: int, before: bytes) -> int:
    """Remove all but the newest `most`, and those with an id below `before`; give how many."""
    oldest = select(_columns.id).order_by(_columns.id.desc()).offset(most).limit(1)
    found = conn.execute(oldest).scalar_one_or_none()
    limit = before if found is None else max(before, found + b"\x00")
    return conn.execute(delete(kept_reports).where(_columns.id < limit)).rowcount


def list_kept(
    conn: Connection,
    *,
    past: bytes | None,
    limit: int,
    oldest_first: bool = False,
    kind: str | None = None,
) -> list[KeptReport]:
    """Give reports, the newest first, or the oldest, past an id, of one kind or of all, without
    their content. There are never more than `trim_kept` leaves.
    """
    query = select(*(column for column in _columns if column.name != "content"))
    if past is not None:
        query = query.where(_columns.id > past if oldest_first else _columns.id < past)
    if kind is not None:
        query = query.where(_columns.kind == kind)
    query = query.order_by(_columns.id if oldest_first else _columns.id.desc())
    rows = conn.execute(query.limit(limit))
    return [_read(row, b"") for row in rows]


def find_kept(conn: Connection, report_id: bytes) -> KeptReport | None:
    """Give one report with its content, None when it is not kept."""
    row = conn.execute(select(kept_reports).where(_columns.id == report_id)).one_or_none()
    return None if row is None else _read(row, row.content)


def _read(row: Any, content: bytes) -> KeptReport:
    return KeptReport(
        id=row.id,
        kind=row.kind,
        sender=row.sender,
        sent_to=msgspec.json.decode(row.sent_to, type=tuple[str, ...]),
        claims=msgspec.json.decode(row.said, type=ReportClaims),
        size=row.size,
        content=content,
    )
