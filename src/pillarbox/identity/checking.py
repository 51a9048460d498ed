"""The loop that verifies domains: one worker of the deployment looks up what is due.

Survives restarts, since when to look next is a column. A call that creates an identity makes it due
at once; this loop sees it within a second.
"""

import asyncio
import logging

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.identity.finding import Finding, Lookup, error_type, look_up_tokens
from pillarbox.identity.names import ServiceNames
from pillarbox.identity.schedule import SUCCESS, CheckState, judge
from pillarbox.store.identity_checks import DueCheck, due_checks, tokens_of, write_check
from pillarbox.store.leases import take_lease
from pillarbox.store.store import Store

LEASE_NAME = "identity checks"
LEASE_MS = 30_000
POLL_SECONDS = 0.5
AT_ONCE = 20
_log = logging.getLogger(__name__)


class IdentityChecks:
    """Looks up due domains while this worker holds the lease."""

    def __init__(self, store: Store, resolver: Lookup, names: ServiceNames, owner: str) -> None:
        self._store = store
        self._resolver = resolver
        self._names = names
        self._owner = owner

    async def run(self) -> None:
        """Check what is due, over and over."""
        while True:
            try:
                await self._turn()
            except ServiceUnavailable:
                _log.warning("identity checks wait: the store does not answer")
            await asyncio.sleep(POLL_SECONDS)

    async def _turn(self) -> None:
        now = now_ms()
        due = await self._store.read(lambda conn: due_checks(conn, now, AT_ONCE))
        if not due or not await self._store.write(
            lambda conn: take_lease(conn, LEASE_NAME, self._owner, now, now + LEASE_MS)
        ):
            return
        async with asyncio.TaskGroup() as group:
            for check in due:
                group.create_task(self._check(check))

    async def _check(self, check: DueCheck) -> None:
        tokens = await self._store.read(lambda conn: tokens_of(conn, check.account_id, check.name))
        findings = await look_up_tokens(self._resolver, self._names, check.name, tokens)
        await self._store.write(lambda conn: _write(conn, check, findings))


def _write(conn: Connection, check: DueCheck, findings: list[Finding]) -> None:
    now = now_ms()
    found = bool(findings) and all(one.state == "found" for one in findings)
    trouble = any(one.state == "trouble" for one in findings)
    state = CheckState(status=check.status, started_at=check.check_started_at, checks=check.checks)
    verdict = judge(state, found=found, trouble=trouble, now=now)
    changes: dict[str, object] = {
        "status": verdict.status,
        "check_started_at": verdict.started_at,
        "checks": verdict.checks,
        "next_check_at": verdict.next_check_at,
        "checked_at": now,
        "check_error": error_type(findings),
    }
    if verdict.status == SUCCESS:
        changes["last_success_at"] = now
    write_check(conn, check, changes, changed=verdict.status != check.status)
