"""The volume that addresses in their warm-up may still send today, shared by all workers.

A worker takes it from the store in portions of a hundredth of the day's limit, so that the limit
holds however many workers there are and a message seldom waits for the store. What a worker took
and did not use before the day ended, or before it died, is not given back: the limit is kept, not
reached. A message that no receiver heard of gives back what was taken for it, and workers that had
found the volume used up ask again after some seconds. A listed group of hosts has at most its share
of the day (`groups.toml`), taken likewise.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from functools import partial

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.groups import Group
from pillarbox.model.sending_address import SendingAddress
from pillarbox.model.warmup import Volume, day_limit, day_of, is_warm
from pillarbox.store.addresses.warmup_volume import add_overflow, give_volume_back, take_volume
from pillarbox.store.store import Store

PORTIONS = 100
COUNT_AT_ONCE = 100
#: How long a volume that was found used up is not asked for: some of it may be given back.
ASK_AGAIN_MS = 5_000


class WarmupVolume:
    """Grants messages to addresses."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._left: Counter[Volume] = Counter()
        self._used_up: dict[Volume, tuple[int, int]] = {}  # the limit that was used up, and when
        self._overflowed: Counter[Volume] = Counter()
        self._turn = asyncio.Lock()

    async def take(
        self, one: SendingAddress, now: int, group: Group | None = None
    ) -> tuple[Volume, ...] | None:
        """Take one message of an address's volume; give what it was taken of, nothing for a warm
        address. None when it has sent enough today, in all or to a group with a share of its own.

        Raises ServiceUnavailable when the store can't be reached.
        """
        if one.warmup_started_at is None or is_warm(one.warmup_started_at, now):
            return ()
        limit = day_limit(one.warmup_started_at, now)
        whole = Volume(one.address, day_of(now))
        if group is None or not group.listed:
            return (whole,) if await self._take(whole, limit, now) else None
        part = Volume(one.address, day_of(now), group.name)
        if not await self._take(part, group_limit(group, limit), now):
            return None
        if await self._take(whole, limit, now):
            return part, whole
        self._left[part] += 1  # it went another way: the group's share is as it was
        return None

    async def give_back(self, taken: tuple[Volume, ...]) -> None:
        """Give a message's volume back, to whichever worker asks next.

        While the store can't be reached it is lost for the day.
        """
        with suppress(ServiceUnavailable):
            for one in taken:
                await self._store.write(partial(give_volume_back, volume=one))
                self._used_up.pop(one, None)

    async def _take(self, volume: Volume, limit: int, now: int) -> bool:
        if not self._left[volume]:
            async with self._turn:
                await self._refill(volume, limit, now)
        if self._left[volume]:
            self._left[volume] -= 1
            return True
        await self._count(volume)
        return False

    async def close(self) -> None:
        """Write what is counted and not written yet."""
        with suppress(ServiceUnavailable):
            for volume in list(self._overflowed):
                await self._write_count(volume)

    async def _refill(self, volume: Volume, limit: int, now: int) -> None:
        used_up, since = self._used_up.get(volume, (-1, 0))
        if self._left[volume] or (used_up >= limit and since <= now < since + ASK_AGAIN_MS):
            return
        if len(self._left) > 10_000:  # days gone by
            self._left.clear()
            self._used_up.clear()
        wanted = max(1, limit // PORTIONS)
        granted = await self._store.write(
            partial(take_volume, volume=volume, wanted=wanted, limit=limit)
        )
        self._left[volume] = granted
        if not granted:
            self._used_up[volume] = limit, now

    async def _count(self, volume: Volume) -> None:
        self._overflowed[volume] += 1
        if self._overflowed[volume] >= COUNT_AT_ONCE:
            await self._write_count(volume)

    async def _write_count(self, volume: Volume) -> None:
        count = self._overflowed.pop(volume, 0)
        await self._store.write(partial(add_overflow, volume=volume, count=count))


def group_limit(group: Group, limit: int) -> int:
    """Give how much of a day's limit may go to a listed group of hosts."""
    return max(1, int(limit * group.warmup_share))
