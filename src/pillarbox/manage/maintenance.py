"""Work that one worker of the deployment does for all: partitions ahead of time, retention.

Once an hour, under a lease. On PostgreSQL whole weeks are dropped; on SQLite rows go in small
batches, so that nobody waits long for the writer's turn. What is still queued is never removed.
"""

import asyncio
import logging
from functools import partial

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.ids import uuid7_floor
from pillarbox.base.settings import Settings
from pillarbox.store.addresses.sts_policies import delete_expired_sts_policies
from pillarbox.store.leases import take_lease
from pillarbox.store.lists.contact_lists import purge_contacts
from pillarbox.store.mail.shared_contents import delete_superseded
from pillarbox.store.partitions import drop_old_partitions, ensure_partitions
from pillarbox.store.people.accounts import list_accounts
from pillarbox.store.people.audit_log import delete_old_audit
from pillarbox.store.publishing.counts import delete_old_event_counts
from pillarbox.store.retention import delete_old_messages
from pillarbox.store.store import Store

LEASE_NAME = "maintenance"
EVERY_SECONDS = 3600.0
BATCH = 500
DAY_MS = 24 * 3600 * 1000
#: How long counts by the hour are kept; the console shows the last 30 days of them.
COUNTS_MS = 60 * DAY_MS
_log = logging.getLogger(__name__)


class Maintenance:
    """The loop; it does nothing while another worker holds the lease."""

    def __init__(self, store: Store, owner: str, settings: Settings) -> None:
        self._store = store
        self._owner = owner
        self._keep_ms = settings.store.retention_days * DAY_MS
        self._audit_ms = settings.store.audit_days * DAY_MS

    async def run(self) -> None:
        """Do it now and every hour."""
        while True:
            try:
                await self.turn()
            except ServiceUnavailable:
                _log.warning("maintenance waits: the store does not answer")
            await asyncio.sleep(EVERY_SECONDS)

    async def turn(self) -> None:
        """Do it once, unless another worker does."""
        now = now_ms()
        until = now + int(EVERY_SECONDS * 1000)
        if not await self._store.write(
            lambda conn: take_lease(conn, LEASE_NAME, self._owner, now, until)
        ):
            return
        await self._store.write(lambda conn: ensure_partitions(conn, now))
        gone = BATCH
        while gone == BATCH:
            gone = await self._store.write(lambda conn: purge_contacts(conn, BATCH))
        await self._store.write(lambda conn: delete_expired_sts_policies(conn, now))
        await self._forget_counts(now - COUNTS_MS)
        if self._audit_ms:
            await self._forget_changes(uuid7_floor(now - self._audit_ms))
        if not self._keep_ms:
            return
        before = now - self._keep_ms
        await self._store.write(lambda conn: drop_old_partitions(conn, before))
        removed = BATCH
        while removed == BATCH:
            removed = await self._store.write(lambda conn: delete_old_messages(conn, before, BATCH))
        removed = BATCH
        while removed == BATCH:
            removed = await self._store.write(lambda conn: delete_superseded(conn, before, BATCH))

    async def _forget_changes(self, before: bytes) -> None:
        """Remove old entries of the audit log, the oldest first."""
        gone = BATCH
        while gone == BATCH:
            gone = await self._store.write(lambda conn: delete_old_audit(conn, before, BATCH))

    async def _forget_counts(self, before: int) -> None:
        """Remove old counts account by account, which reads nothing else."""
        for account in await self._store.read(list_accounts):
            forget = partial(delete_old_event_counts, account_id=account.id, before=before)
            await self._store.write(forget)
