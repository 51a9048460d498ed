"""The loop that lets new DKIM keys sign once resolvers have forgotten what was there before."""

import asyncio
import logging
from functools import partial

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.checks import due_rotations, end_rotation
from pillarbox.store.identity.identities import IdentityRow
from pillarbox.store.identity.key_order import rotate_keys
from pillarbox.store.store import Store

POLL_SECONDS = 5.0
AT_ONCE = 100
_log = logging.getLogger(__name__)


class KeyRotation:
    """Rotates what is due; any worker may do it, and one does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self) -> None:
        """Rotate what is due, over and over."""
        while True:
            try:
                await self.turn(now_ms())
            except ServiceUnavailable:
                _log.warning("key rotation waits: the store does not answer")
            await asyncio.sleep(POLL_SECONDS)

    async def turn(self, now: int) -> None:
        """Rotate what is due at a moment."""
        for row in await self._store.read(lambda conn: due_rotations(conn, now, AT_ONCE)):
            await self._store.write(partial(_rotate, row=row))


def _rotate(conn: Connection, row: IdentityRow) -> None:
    bump_generation(conn, row.account_id)  # first, so that changes of an account take turns
    if end_rotation(conn, row):  # else another worker did it
        rotate_keys(conn, row)
