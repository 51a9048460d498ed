"""MTA-STS policies in use are fetched each day, mail or no mail (RFC 8461 §10.2).

Without it, the policy of a domain that gets mail once a month would have run out each time, and who
silences DNS just then would have turned it off. One worker of the deployment does it for all, under
a lease; a policy that no mail has asked for in a month is let go.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.sts_cache import DAY_MS
from pillarbox.deliver.sts_policies import StsPolicies
from pillarbox.store.addresses.sts_policies import stale_sts_policies
from pillarbox.store.leases import take_lease
from pillarbox.store.store import Store

LEASE_NAME = "mta-sts renewal"
EVERY_SECONDS = 3600.0
IN_USE_MS = 30 * DAY_MS
#: Policies that one turn fetches at most, and how many at once.
MOST, AT_ONCE = 5000, 10
_log = logging.getLogger(__name__)


class StsRenewal:
    """The loop; it does nothing while another worker holds the lease."""

    def __init__(
        self, store: Store, policies: StsPolicies, owner: str, clock: Callable[[], int] = now_ms
    ) -> None:
        self._store = store
        self._policies = policies
        self._owner = owner
        self._clock = clock

    async def run(self) -> None:
        """Do it now and every hour."""
        while True:
            try:
                await self.turn()
            except ServiceUnavailable:
                _log.warning("MTA-STS policies are not renewed: the store does not answer")
            await asyncio.sleep(EVERY_SECONDS)

    async def turn(self) -> None:
        """Renew what is due, a few at once."""
        now = self._clock()
        until = now + int(EVERY_SECONDS * 1000)
        if not await self._store.write(
            lambda conn: take_lease(conn, LEASE_NAME, self._owner, now, until)
        ):
            return
        due = await self._store.read(
            lambda conn: stale_sts_policies(
                conn,
                fetched_before=now - DAY_MS,
                used_after=now - IN_USE_MS,
                now=now,
                limit=MOST,
            )
        )
        room = asyncio.Semaphore(AT_ONCE)

        async def renew(row: Any) -> None:
            async with room:
                await self._policies.renew(row.domain, row)

        async with asyncio.TaskGroup() as group:
            for row in due:
                group.create_task(renew(row))
