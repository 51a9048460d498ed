"""The volume that addresses in their warm-up may still send today, shared by all workers.

A worker takes it from the store in portions of a hundredth of the day's limit, so that the limit
holds however many workers there are and a message seldom waits for the store. What a worker took
and did not use before the day ended, or before it died, is not given back: the limit is kept, not
reached. A listed group of hosts has at most its share of the day (`groups.toml`), taken likewise.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from functools import partial

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.groups import Group
from pillarbox.model.sending_address import SendingAddress
from pillarbox.model.warmup import day_limit, day_of, is_warm
from pillarbox.store.addresses.warmup_volume import add_overflow, take_volume
from pillarbox.store.store import Store

PORTIONS = 100
COUNT_AT_ONCE = 100
Key = tuple[str, int, str]  # an address, a day, a group of hosts; empty: all of the day


class WarmupVolume:
    """Grants messages to addresses."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._left: Counter[Key] = Counter()
        self._used_up: dict[Key, int] = {}  # the limit that was used up
        self._overflowed: Counter[Key] = Counter()
        self._turn = asyncio.Lock()

    async def take(self, one: SendingAddress, now: int, group: Group | None = None) -> bool:
        """Take one message of an address's volume; False when it has sent enough today, in all or
        to a group that has a share of its own.

        Raises ServiceUnavailable when the store can't be reached.
        """
        if one.warmup_started_at is None or is_warm(one.warmup_started_at, now):
            return True
        limit = day_limit(one.warmup_started_at, now)
        whole = (one.address, day_of(now), "")
        if group is None or not group.listed:
            return await self._take(whole, limit)
        part = (one.address, day_of(now), group.name)
        if not await self._take(part, group_limit(group, limit)):
            return False
        if await self._take(whole, limit):
            return True
        self._left[part] += 1  # it went another way: the group's share is as it was
        return False

    async def _take(self, key: Key, limit: int) -> bool:
        if not self._left[key]:
            async with self._turn:
                await self._refill(key, limit)
        if self._left[key]:
            self._left[key] -= 1
            return True
        await self._count(key)
        return False

    async def close(self) -> None:
        """Write what is counted and not written yet."""
        with suppress(ServiceUnavailable):
            for key in list(self._overflowed):
                await self._write_count(key)

    async def _refill(self, key: Key, limit: int) -> None:
        if self._left[key] or self._used_up.get(key, -1) >= limit:
            return
        if len(self._left) > 10_000:  # days gone by
            self._left.clear()
            self._used_up.clear()
        wanted = max(1, limit // PORTIONS)
        granted = await self._store.write(
            partial(
                take_volume, address=key[0], day=key[1], wanted=wanted, limit=limit, group=key[2]
            )
        )
        self._left[key] = granted
        if not granted:
            self._used_up[key] = limit

    async def _count(self, key: Key) -> None:
        self._overflowed[key] += 1
        if self._overflowed[key] >= COUNT_AT_ONCE:
            await self._write_count(key)

    async def _write_count(self, key: Key) -> None:
        count = self._overflowed.pop(key, 0)
        await self._store.write(
            partial(add_overflow, address=key[0], day=key[1], count=count, group=key[2])
        )


def group_limit(group: Group, limit: int) -> int:
    """Give how much of a day's limit may go to a listed group of hosts."""
    return max(1, int(limit * group.warmup_share))
