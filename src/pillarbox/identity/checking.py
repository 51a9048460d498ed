"""The loop that verifies identities: one worker of the deployment looks up what is due.

Survives restarts, since when to look next is a column. A call that creates an identity makes it due
at once; this loop sees it within a second.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.identity.assessment import assess
from pillarbox.identity.finding import Lookup
from pillarbox.identity.looking import Seen, look_up
from pillarbox.identity.names import ServiceNames
from pillarbox.store.dkim_tokens import list_keys, mark_keys
from pillarbox.store.generations import bump_generation
from pillarbox.store.identities import IdentityRow
from pillarbox.store.identity_checks import due_checks, write_check
from pillarbox.store.key_order import order_keys
from pillarbox.store.leases import take_lease
from pillarbox.store.store import Store

LEASE_NAME = "identity checks"
LEASE_MS = 30_000
POLL_SECONDS = 0.5
AT_ONCE = 20
_log = logging.getLogger(__name__)


class IdentityChecks:
    """Looks up due identities while this worker holds the lease."""

    def __init__(
        self,
        store: Store,
        resolver: Lookup,
        names: ServiceNames,
        owner: str,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._store = store
        self._clock = clock
        self._resolver = resolver
        self._names = names
        self._owner = owner

    async def run(self) -> None:
        """Check what is due, over and over."""
        while True:
            try:
                await self.turn()
            except ServiceUnavailable:
                _log.warning("identity checks wait: the store does not answer")
            await asyncio.sleep(POLL_SECONDS)

    async def turn(self) -> None:
        """Check what is due now."""
        now = self._clock()
        due = await self._store.read(lambda conn: due_checks(conn, now, AT_ONCE))
        if not due or not await self._store.write(
            lambda conn: take_lease(conn, LEASE_NAME, self._owner, now, now + LEASE_MS)
        ):
            return
        async with asyncio.TaskGroup() as group:
            for row in due:
                group.create_task(self._check(row))

    async def _check(self, row: IdentityRow) -> None:
        keys = await self._store.read(lambda conn: list_keys(conn, row.account_id, row.name))
        seen = await look_up(self._resolver, self._names, row, keys)
        await self._store.write(lambda conn: keep_findings(conn, row, seen, self._clock()))


def keep_findings(conn: Connection, row: IdentityRow, seen: Seen, now: int) -> None:
    """Write what a look-up of an identity's records makes of it."""
    result = assess(row, seen, now)
    if not write_check(conn, row, result.changes):
        return
    changed = result.changed
    if result.found_keys:
        changed |= order_keys(conn, row, now)
    elif result.lost_keys:
        keys = list_keys(conn, row.account_id, row.name)
        mark_keys(conn, [one.token for one in keys], None)
    if changed:
        bump_generation(conn, row.account_id)
