"""Queries on tracking hosts: managing them, and checking that they reach us."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, func, select, update

from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.tables import configuration_sets, tracking_hosts, tracking_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingHostRow:
    """A row of `tracking_hosts`."""

    host: str
    account_id: str
    kind: str
    prefix: str | None = None
    primary_domain: str | None = None
    created_at: int
    status: str
    check_started_at: int
    checks: int
    reason: str | None = None
    https_status: str
    https_started_at: int
    https_checks: int
    https_reason: str | None = None
    next_check_at: int | None = None
    checked_at: int | None = None
    last_success_at: int | None = None


def new_host_row(host: str, account_id: str, kind: str, now: int) -> TrackingHostRow:
    """Make the row of a host that is to be checked at once."""
    return TrackingHostRow(
        host=host,
        account_id=account_id,
        kind=kind,
        created_at=now,
        status="PENDING",
        check_started_at=now,
        checks=0,
        https_status="PENDING",
        https_started_at=now,
        https_checks=0,
        next_check_at=now,
    )


def insert_host(conn: Connection, row: TrackingHostRow) -> bool:
    """Store a new host; tell whether it was stored, or there is one of this name."""
    values = {name: getattr(row, name) for name in TrackingHostRow.__dataclass_fields__}
    statement = insert_or_ignore(conn.dialect.name, tracking_hosts).values(values)
    return conn.execute(statement.returning(tracking_hosts.c.host)).first() is not None


def find_host(conn: Connection, host: str) -> TrackingHostRow | None:
    """Give a host, whichever account's, None for an unknown one."""
    query = select(tracking_hosts).where(tracking_hosts.c.host == host)
    row = conn.execute(query).one_or_none()
    return TrackingHostRow(**row._asdict()) if row else None


def list_hosts(conn: Connection, account_id: str) -> list[TrackingHostRow]:
    """Give the hosts of an account by name."""
    columns = tracking_hosts.c
    query = select(tracking_hosts).where(columns.account_id == account_id).order_by(columns.host)
    return [TrackingHostRow(**row._asdict()) for row in conn.execute(query)]


def count_hosts(conn: Connection, account_id: str, kind: str) -> int:
    """Count the hosts of a kind that an account has."""
    columns = tracking_hosts.c
    query = select(func.count()).where(columns.account_id == account_id, columns.kind == kind)
    return int(conn.execute(query).scalar_one())


def update_host(conn: Connection, host: str, changes: dict[str, object]) -> None:
    """Change columns of a host."""
    conn.execute(update(tracking_hosts).where(tracking_hosts.c.host == host).values(**changes))


def delete_host(conn: Connection, host: str) -> None:
    """Delete a host."""
    conn.execute(delete(tracking_hosts).where(tracking_hosts.c.host == host))


def sets_using_host(conn: Connection, account_id: str, host: str) -> list[str]:
    """Name the account's configuration sets whose custom domain a host is, at most ten."""
    columns = configuration_sets.c
    query = (
        select(columns.name)
        .where(columns.account_id == account_id, columns.custom_redirect_domain == host)
        .order_by(columns.name)
        .limit(10)
    )
    return list(conn.execute(query).scalars())


def settings_using_host(conn: Connection, account_id: str, host: str) -> list[str]:
    """Give the domains of the account's settings that track through a host; its own is empty."""
    columns = tracking_settings.c
    query = (
        select(columns.domain)
        .where(columns.account_id == account_id, columns.host == host, columns.enabled.is_(True))
        .order_by(columns.domain)
        .limit(10)
    )
    return list(conn.execute(query).scalars())


def custom_domains_without_host(conn: Connection, limit: int) -> Sequence[tuple[str, str]]:
    """Give (account, domain) of configuration sets whose custom domain is no known host yet."""
    columns = configuration_sets.c
    known = select(tracking_hosts.c.host).where(
        tracking_hosts.c.host == columns.custom_redirect_domain
    )
    query = (
        select(columns.account_id, columns.custom_redirect_domain)
        .where(columns.custom_redirect_domain.is_not(None), ~exists(known))
        .distinct()
        .limit(limit)
    )
    return [(row[0], row[1]) for row in conn.execute(query)]


def due_hosts(conn: Connection, now: int, limit: int) -> list[TrackingHostRow]:
    """Give the hosts whose check is due, the longest due first."""
    columns = tracking_hosts.c
    query = (
        select(tracking_hosts)
        .where(columns.next_check_at <= now)
        .order_by(columns.next_check_at)
        .limit(limit)
    )
    return [TrackingHostRow(**row._asdict()) for row in conn.execute(query)]


def write_host_check(conn: Connection, row: TrackingHostRow, changes: dict[str, object]) -> bool:
    """Write what a check found, unless the host was deleted or its check begun anew meanwhile."""
    columns = tracking_hosts.c
    statement = (
        update(tracking_hosts)
        .where(
            columns.host == row.host,
            columns.account_id == row.account_id,
            columns.check_started_at == row.check_started_at,
        )
        .values(**changes)
    )
    return conn.execute(statement).rowcount > 0
