"""The loop that verifies identities: one worker of the deployment looks up what is due.

Survives restarts, since when to look next is a column. A call that creates an identity makes it due
at once; this loop sees it within a second.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.identity.assessment import assess
from pillarbox.identity.finding import Lookup
from pillarbox.identity.leased_checks import LeasedChecks
from pillarbox.identity.looking import Seen, look_up
from pillarbox.identity.names import ServiceNames
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.checks import due_checks, write_check
from pillarbox.store.identity.dkim_tokens import list_keys, mark_keys
from pillarbox.store.identity.identities import IdentityRow
from pillarbox.store.identity.key_order import order_keys
from pillarbox.store.store import Store

NAME = "identity checks"


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
        self._loop = LeasedChecks(
            NAME, store, owner, due=due_checks, check=self._check, key=_key, clock=clock
        )

    async def run(self) -> None:
        """Check what is due, over and over, while this worker holds the lease."""
        await self._loop.run()

    async def turn(self) -> None:
        """Check what is due now, to the end."""
        await self._loop.turn()

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
