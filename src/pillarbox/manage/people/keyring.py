"""Access keys in memory: what authentication asks for with each request.

What one worker commits, the next request on any worker sees: each request asks for the generation
of all keys, and requests that wait for it together share one read. Secrets are opened once a
generation.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from pillarbox.model.credentials import AccessKey
from pillarbox.store.generations import KEYS
from pillarbox.store.shared_generation import SharedGeneration
from pillarbox.store.store import Store

MAX_KEYS = 10_000
FindKey = Callable[[Connection, str], AccessKey | None]


class KeyRing:
    """Finds access keys; `find` reads one from the store and opens its secret."""

    def __init__(self, store: Store, find: FindKey) -> None:
        self._store = store
        self._find = find
        self._current = SharedGeneration(store, KEYS)
        self._generation = -1
        self._keys: dict[str, AccessKey | None] = {}

    async def find(self, access_key_id: str) -> AccessKey | None:
        """Give the key as it is now, None for one that is unknown or revoked.

        Raises ServiceUnavailable when the store can't be reached.
        """
        generation = await self._current.current()
        if generation != self._generation or len(self._keys) >= MAX_KEYS:
            self._generation, self._keys = generation, {}
        if access_key_id not in self._keys:
            key = await self._store.read(lambda conn: self._find(conn, access_key_id))
            if generation != self._generation:
                return key  # the ring moved on while we read: what we read is not kept
            self._keys[access_key_id] = key
        return self._keys[access_key_id]
