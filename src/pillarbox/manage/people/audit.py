"""The audit log: every change by a person or a key, in the transaction that makes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from pillarbox.base.ids import uuid7, uuid7_floor, uuid7_ms
from pillarbox.store.people import audit_log as rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who changes something; `via`: console, api or cli."""

    name: str
    via: str
    source_ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change. `at`: milliseconds since the epoch; `cursor`: its place in the list."""

    at: int
    cursor: bytes
    account_id: str | None
    actor: str
    via: str
    action: str
    subject: str
    detail: Mapping[str, object]
    source_ip: str


def record_audit(
    conn: Connection,
    actor: Actor,
    *,
    now: int,
    action: str,
    subject: str,
    account_id: str | None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Keep who changed what; `detail` holds no secrets."""
    rows.insert_audit(
        conn,
        rows.AuditRow(
            id=uuid7(now),
            account_id=account_id,
            actor=actor.name,
            via=actor.via,
            action=action,
            subject=subject,
            detail=msgspec.json.encode(detail).decode() if detail else None,
            source_ip=actor.source_ip,
        ),
    )


def list_audit(
    conn: Connection,
    *,
    account_id: str | None,
    limit: int,
    before: bytes | None = None,
    actor: str = "",
    action: str = "",
    since: int | None = None,
    until: int | None = None,
    oldest_first: bool = False,
) -> Sequence[AuditEntry]:
    """Give changes, the newest first; of all accounts and the deployment without an account.

    `before`: a `cursor`, that of the change before the first in this order; `since` and `until`:
    milliseconds, `until` itself is left out.
    """
    lowest, highest = [_floor(since)], [_floor(until)]
    if oldest_first:
        lowest.append(_next(before))
    else:
        highest.append(before)
    found = rows.list_audit(
        conn,
        account_id=account_id,
        before=min((one for one in highest if one is not None), default=None),
        limit=limit,
        actor=actor,
        action=action,
        since=max((one for one in lowest if one is not None), default=None),
        oldest_first=oldest_first,
    )
    return [
        AuditEntry(
            at=uuid7_ms(row.id),
            cursor=row.id,
            account_id=row.account_id,
            actor=row.actor,
            via=row.via,
            action=row.action,
            subject=row.subject,
            detail=msgspec.json.decode(row.detail, type=dict[str, object]) if row.detail else {},
            source_ip=row.source_ip,
        )
        for row in found
    ]


def _next(cursor: bytes | None) -> bytes | None:
    """Give the first id past one; the last of all has none."""
    if cursor is None or not cursor.strip(b"\xff"):
        return cursor
    return (int.from_bytes(cursor) + 1).to_bytes(len(cursor))


def _floor(ms: int | None) -> bytes | None:
    return None if ms is None else uuid7_floor(ms)
