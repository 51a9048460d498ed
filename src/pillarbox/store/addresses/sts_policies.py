"""MTA-STS policies that were fetched, by domain (RFC 8461 §3.3, §5.1)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from pillarbox.store.dialect import upsert
from pillarbox.store.tables import sts_policies


def find_sts_policy(conn: Connection, domain: str) -> Any:
    """Give the row of a domain's policy, expired or not; None without one."""
    return conn.execute(select(sts_policies).where(sts_policies.c.domain == domain)).one_or_none()


def keep_sts_policy(conn: Connection, domain: str, values: dict[str, Any]) -> None:
    """Keep the policy that was fetched last; one that was fetched later stays as it is."""
    statement = upsert(conn.dialect.name, sts_policies).values(domain=domain, **values)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["domain"],
            set_=values,
            where=sts_policies.c.fetched_at <= values["fetched_at"],
        )
    )


def stale_sts_policies(
    conn: Connection, *, fetched_before: int, used_after: int, now: int, limit: int
) -> Sequence[Any]:
    """Give policies in use that still hold and were not fetched lately, the oldest first."""
    rows = sts_policies.c
    return conn.execute(
        select(sts_policies)
        .where(rows.fetched_at <= fetched_before, rows.used_at > used_after)
        .where(rows.expires_at > now, rows.mode != "none")
        .order_by(rows.fetched_at)
        .limit(limit)
    ).all()


def delete_expired_sts_policies(conn: Connection, now: int) -> int:
    """Forget policies that hold no longer; give how many."""
    return conn.execute(delete(sts_policies).where(sts_policies.c.expires_at < now)).rowcount
