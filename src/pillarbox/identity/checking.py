"""The loop that verifies identities: one worker of the deployment looks up what is due.

Survives restarts, since when to look next is a column. A call that creates an identity makes it due
at once; this loop sees it within a second.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

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
AT_ONCE = 200
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
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Check what is due, over and over; what DNS leaves waiting keeps nobody else waiting."""
        try:
            while True:
                await self._start_what_can_be()
                await asyncio.sleep(POLL_SECONDS)
        finally:
            for task in self._under_way.values():
                task.cancel()

    async def turn(self) -> None:
        """Check what is due now, to the end."""
        await self._start_due()
        await asyncio.gather(*self._under_way.values())

    async def _start_what_can_be(self) -> None:
        try:
            await self._start_due()
        except ServiceUnavailable:
            _log.warning("identity checks wait: the store does not answer")

    async def _start_due(self) -> None:
        """Begin the checks that are due, as far as there is room for them."""
        now = self._clock()
        due = await self._store.read(lambda conn: due_checks(conn, now, AT_ONCE))
        new = [row for row in due if _key(row) not in self._under_way]
        if not new or not await self._store.write(
            lambda conn: take_lease(conn, LEASE_NAME, self._owner, now, now + LEASE_MS)
        ):
            return
        for row in new[: AT_ONCE - len(self._under_way)]:
            task = asyncio.create_task(self._check(row), name=f"check of {row.name}")
            self._under_way[_key(row)] = task
            task.add_done_callback(partial(self._done, _key(row)))

    def _done(self, key: tuple[str, str], task: "asyncio.Task[None]") -> None:
        del self._under_way[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("the check of an identity broke off", exc_info=error)

    async def _check(self, row: IdentityRow) -> None:
        keys = await self._store.read(lambda conn: list_keys(conn, row.account_id, row.name))
        seen = await look_up(self._resolver, self._names, row, keys)
        await self._store.write(lambda conn: keep_findings(conn, row, seen, self._clock()))


def _key(row: IdentityRow) -> tuple[str, str]:
    return row.account_id, row.name


def keep_findings(conn: Connection, row: IdentityRow, seen: Seen, now: int) -> None:
    """Write what a look-up of an identity's records makes of it."""
    result = assess(row, seen, now)
    if result.changed:  # first, so that changes of an account take turns
        bump_generation(conn, row.account_id)
    if not write_check(conn, row, result.changes):
        return
    if result.found_keys and order_keys(conn, row, now) and not result.changed:
        bump_generation(conn, row.account_id)
    elif result.lost_keys:
        keys = list_keys(conn, row.account_id, row.name)
        mark_keys(conn, [one.token for one in keys], None)
