"""Verifying tracking hosts: what a look-up makes of a host's state, in the background or at once.

The custom domains of configuration sets become hosts here, whichever API named them, and go when no
set names them any more. States and intervals are those of identities (`schedule.py`); a host that
works is looked at each hour, and HTTPS has a state of its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.outgoing_http import OutgoingHttp
from pillarbox.base.settings import Settings
from pillarbox.identity.finding import Lookup
from pillarbox.identity.leased_checks import LeasedChecks
from pillarbox.identity.names import ServiceNames
from pillarbox.identity.schedule import CheckState, Verdict, judge
from pillarbox.identity.tracking_finding import HostFinding, HostLookup
from pillarbox.store.generations import bump_generation
from pillarbox.store.store import Store
from pillarbox.store.tracking.hosts import (
    TrackingHostRow,
    custom_domains_without_host,
    delete_host,
    due_hosts,
    insert_host,
    new_host_row,
    sets_using_host,
    write_host_check,
)
from pillarbox.store.tracking.setup import WORKS

NAME = "tracking host checks"
CUSTOM = "custom"
DAY_MS = 24 * 3600 * 1000


class Look(Protocol):
    """Looks hosts up."""

    def look_up(self, host: str) -> Awaitable[HostFinding]:
        """Look one host up, past any cache."""


class HostChecks:
    """Checks tracking hosts: those that are due in `run`, one at once in `check`."""

    def __init__(
        self,
        store: Store,
        lookup: Look,
        owner: str,
        *,
        clock: Callable[[], int] = now_ms,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._lookup = lookup
        self._clock = clock
        self._close = close
        self._loop = LeasedChecks(
            NAME, store, owner, due=due_now, check=self.check, key=_host, clock=clock
        )

    async def run(self) -> None:
        """Check what is due, over and over, while this worker holds the lease."""
        await self._loop.run()

    async def close(self) -> None:
        """Close what look-ups ask with."""
        if self._close is not None:
            await self._close()

    async def turn(self) -> None:
        """Check what is due now."""
        await self._loop.turn()

    async def check(self, row: TrackingHostRow) -> None:
        """Look one host up and keep what was found; forget one that no set names any more."""
        if await self._store.read(lambda conn: is_abandoned(conn, row)):
            await self._store.write(lambda conn: forget_abandoned(conn, row))
            return
        finding = await self._lookup.look_up(row.host)
        await self._store.write(lambda conn: keep_finding(conn, row, finding, self._clock()))


def _host(row: TrackingHostRow) -> str:
    return row.host


def open_host_checks(
    store: Store, resolver: Lookup, settings: Settings, key: bytes, owner: str
) -> HostChecks:
    """Give the checks of one worker; they are closed at the end."""
    lookup, client = open_host_lookup(resolver, settings, key)
    return HostChecks(store, lookup, owner, close=client.close)


def open_host_lookup(
    resolver: Lookup, settings: Settings, key: bytes
) -> tuple[HostLookup, OutgoingHttp]:
    """Give what looks hosts up; `key`: that of the page on our tracking listener."""
    network = settings.network
    client = OutgoingHttp(
        resolver,
        allow_private=network.allow_private_destinations,
        ca_file=settings.tls.ca_file,
        http_port=network.http_port,
        https_port=network.https_port,
    )
    targets = ServiceNames(settings.service.domain).tracking_targets(settings.track.url)
    return HostLookup(resolver, client, key, targets), client


def due_now(conn: Connection, now: int, limit: int) -> Sequence[TrackingHostRow]:
    """Give the hosts to check now; custom domains that are not hosts yet are due at once."""
    new = [
        new_host_row(host, account_id, CUSTOM, now)
        for account_id, host in custom_domains_without_host(conn, limit)
    ]
    return [*new, *due_hosts(conn, now, limit)][:limit]


def is_abandoned(conn: Connection, row: TrackingHostRow) -> bool:
    """Tell whether a custom domain is no configuration set's any more."""
    return row.kind == CUSTOM and not sets_using_host(conn, row.account_id, row.host)


def forget_abandoned(conn: Connection, row: TrackingHostRow) -> None:
    """Delete a custom domain that no set names, unless one does by now."""
    if is_abandoned(conn, row):
        delete_host(conn, row.host)
        bump_generation(conn, row.account_id)


def keep_finding(conn: Connection, row: TrackingHostRow, finding: HostFinding, now: int) -> None:
    """Write what a look-up makes of a host, and say so to whoever remembers it."""
    if row.kind == CUSTOM and row.checked_at is None:
        insert_host(conn, row)  # nobody creates it: a configuration set named it
    changes = judge_host(row, finding, now)
    if not write_host_check(conn, row, changes):
        return
    shown = ("status", "reason", "https_status", "https_reason")
    if any(changes[name] != getattr(row, name) for name in shown) or row.checked_at is None:
        bump_generation(conn, row.account_id)


def judge_host(row: TrackingHostRow, finding: HostFinding, now: int) -> dict[str, object]:
    """Give the columns that a look-up changes. Pure."""
    state = CheckState(status=row.status, started_at=row.check_started_at, checks=row.checks)
    host = judge(state, found=finding.works, trouble=finding.trouble, now=now)
    state = CheckState(
        status=row.https_status, started_at=row.https_started_at, checks=row.https_checks
    )
    https = judge(state, found=finding.https, trouble=finding.https_trouble, now=now)
    changes: dict[str, object] = {
        "status": host.status,
        "check_started_at": host.started_at,
        "checks": host.checks,
        "reason": finding.reason or None,
        "https_status": https.status,
        "https_started_at": https.started_at,
        "https_checks": https.checks,
        "https_reason": finding.https_reason or None,
        "next_check_at": _next_check(row, host, https, now),
        "checked_at": now,
    }
    if host.status == WORKS:
        changes["last_success_at"] = now
    return changes


def _next_check(row: TrackingHostRow, host: Verdict, https: Verdict, now: int) -> int | None:
    """Check again when the host or its HTTPS needs it.

    A trace domain that has FAILED waits to be asked; a custom domain, which no call of AWS's API
    asks about, is looked at once a day.
    """
    if host.next_check_at is None:
        return now + DAY_MS if row.kind == CUSTOM else None
    return min(host.next_check_at, https.next_check_at or host.next_check_at)
