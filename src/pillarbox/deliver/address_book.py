"""The addresses that an attempt leaves by: looked up, chosen (`sending_choice`), counted.

Takes a claim and its message; hands on the sources of the attempt's connections, or a Deferred that
says why the message waits. What one worker commits on addresses, the next attempt on any worker
goes by: each asks for their generation first.
"""

from collections.abc import Callable, Sequence

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.sending_choice import (
    Choice,
    Tier,
    candidates,
    choose,
    lanes_elsewhere,
    seed_of,
)
from pillarbox.deliver.settings import Source, Sources
from pillarbox.deliver.warmup_volume import WarmupVolume
from pillarbox.model.outcome import Deferred, OwnDelay, Reply
from pillarbox.model.queued import Claim, Message
from pillarbox.model.sending_address import DEFAULT_POOL, NO_ADDRESS_STATUS, SendingAddress
from pillarbox.store.dedicated_ips import ADDRESSES, all_addresses
from pillarbox.store.shared_generation import SharedGeneration
from pillarbox.store.store import Store

#: How long a message waits at most before its pool is looked at again.
NO_ADDRESS = OwnDelay(at_most_ms=5 * 60_000)
NO_VOLUME = OwnDelay(at_most_ms=3_600_000)
#: Another worker is to take it: nothing was tried here.
NOT_HERE = OwnDelay(at_most_ms=2_000, counts=False)
_STORE_DOWN = Deferred(Reply(451, "4.3.0 The store can't be reached", "4.3.0"), own_delay=NOT_HERE)


class AddressBook:
    """All sending addresses, as one worker of a node sees them."""

    def __init__(self, store: Store, node: str, clock: Callable[[], int] = now_ms) -> None:
        self._store = store
        self._node = node
        self._clock = clock
        self._generation = SharedGeneration(store, ADDRESSES)
        self._known_at = -1
        self._by_owner: dict[str | None, tuple[SendingAddress, ...]] = {}
        self._elsewhere: tuple[str, ...] = ()
        self._volume = WarmupVolume(store)

    async def sources(self, claim: Claim, message: Message) -> Sources | Deferred | None:
        """Give the sources of an attempt, or why it waits; None: the system's own."""
        try:
            await self._read_again()
            known = self._by_owner.get(message.account_id, ()) + self._by_owner.get(None, ())
            found = candidates(known, message.account_id, message.sending_pool)
            if found.system:
                return None
            seed = seed_of(claim.message_id, claim.position, claim.attempts)
            choice = choose(found, self._node, seed)
            return await self._taken(choice, message.sending_pool or DEFAULT_POOL)
        except ServiceUnavailable:
            return _STORE_DOWN

    async def elsewhere(self) -> Sequence[str]:
        """Give the ends of the names of lanes that only other nodes can serve.

        Raises ServiceUnavailable when the store can't be reached.
        """
        await self._read_again()
        return self._elsewhere

    async def close(self) -> None:
        """Write what is counted and not written yet."""
        await self._volume.close()

    async def _read_again(self) -> None:
        """Read the addresses if they have changed."""
        generation = await self._generation.current()
        if generation == self._known_at:
            return
        # Read after the generation: what is read may be newer than it says, never older.
        addresses = await self._store.read(all_addresses)
        self._by_owner = {}
        for one in addresses:
            self._by_owner[one.account_id] = (*self._by_owner.get(one.account_id, ()), one)
        self._elsewhere = lanes_elsewhere(addresses, self._node)
        self._known_at = generation

    async def _taken(self, choice: Choice, pool: str) -> Sources | Deferred:
        """Take the first address of each version that may send now."""
        if choice.elsewhere:
            return _waits(f"The addresses of pool {pool} are on another node", NOT_HERE)
        if not choice.ipv4 and not choice.ipv6:
            return _waits(f"There is no address in pool {pool}", NO_ADDRESS)
        sources = Sources(
            ipv4=await self._first(choice.ipv4), ipv6=await self._first(choice.ipv6), pool=pool
        )
        if sources.ipv4 is None and sources.ipv6 is None:
            return _waits(f"The addresses of pool {pool} warm up and sent enough today", NO_VOLUME)
        return sources

    async def _first(self, addresses: Tier) -> Source | None:
        now = self._clock()
        for one in addresses:
            if await self._volume.take(one, now):
                return Source(bind=one.bind, hello=one.helo, address=one.address)
        return None


def _waits(why: str, own_delay: OwnDelay) -> Deferred:
    reply = Reply(451, f"{NO_ADDRESS_STATUS} {why}", NO_ADDRESS_STATUS)
    return Deferred(reply, own_delay=own_delay)
