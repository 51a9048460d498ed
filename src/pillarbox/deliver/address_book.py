"""The addresses that an attempt leaves by: looked up, chosen (`sending_choice`), counted.

Takes a claim and its message; hands on the sources of the attempt's connections, or a Deferred that
says why the message waits. What one worker commits on addresses, the next attempt on any worker
goes by: each asks for their generation first.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.blocked import next_block
from pillarbox.deliver.groups import Group
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
from pillarbox.model.outcome import Attempt, Deferred, OwnDelay, Reply
from pillarbox.model.queued import Claim, Message
from pillarbox.model.sending_address import DEFAULT_POOL, NO_ADDRESS_STATUS, SendingAddress
from pillarbox.store.addresses.address_blocks import Block, all_blocks, hold_block, write_block
from pillarbox.store.addresses.dedicated_ips import ADDRESSES, all_addresses
from pillarbox.store.generations import bump_scope
from pillarbox.store.shared_generation import SharedGeneration
from pillarbox.store.store import Store

#: How long a message waits at most before its pool is looked at again.
NO_ADDRESS = OwnDelay(at_most_ms=5 * 60_000)
NO_VOLUME = OwnDelay(at_most_ms=3_600_000)
BLOCKED = OwnDelay(at_most_ms=15 * 60_000)
#: The address of a block of the system's own source.
SYSTEM = ""
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
        self._blocks: dict[tuple[str, str], Block] = {}
        self._volume = WarmupVolume(store)

    async def sources(
        self, claim: Claim, message: Message, group: Group | None = None
    ) -> Sources | Deferred | None:
        """Give the sources of an attempt, or why it waits; None: the system's own.

        `group`: the operator of the hosts it is for, None where that is not known.
        """
        try:
            await self._read_again()
            known = self._by_owner.get(message.account_id, ()) + self._by_owner.get(None, ())
            found = candidates(known, message.account_id, message.sending_pool)
            if found.system:
                return (
                    self._blocked_everywhere("this system", group)
                    if self._blocks_us(SYSTEM, group)
                    else None
                )
            seed = seed_of(claim.message_id, claim.position, claim.attempts)
            choice = choose(found, self._node, seed)
            return await self._taken(choice, message.sending_pool or DEFAULT_POOL, group)
        except ServiceUnavailable:
            return _STORE_DOWN

    async def give_back(self, sources: Sources, attempt: Attempt) -> None:
        """Give back what an attempt took of the warm-up of addresses that no receiver heard of."""
        heard_of = {one.source for one in (attempt, *attempt.passed_over) if one.began_mail}
        for source in (sources.ipv4, sources.ipv6):
            if source is not None and source.bind not in heard_of:
                await self._volume.give_back(source.taken)

    async def elsewhere(self) -> Sequence[str]:
        """Give the ends of the names of lanes that only other nodes can serve.

        Raises ServiceUnavailable when the store can't be reached.
        """
        await self._read_again()
        return self._elsewhere

    async def take_out(self, source: str, group: Group, reply: Reply) -> bool:
        """Leave the address with this source out for a group that blocks it; tell whether that is
        new. Raises ServiceUnavailable when the store can't be reached.
        """
        everyone = (one for mine in self._by_owner.values() for one in mine)
        address = next((one.address for one in everyone if one.bind == source), SYSTEM)
        now = self._clock()

        def write(conn: Connection) -> bool:
            known = hold_block(conn, address, group.name)
            block = next_block(known, address, group.name, str(reply), now)
            if block is known:
                return False
            write_block(conn, block)
            bump_scope(conn, ADDRESSES)
            return True

        return await self._store.write(write)

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
        blocks = await self._store.read(lambda conn: all_blocks(conn, self._clock()))
        self._blocks = {(one.address, one.group): one for one in blocks}
        self._by_owner = {}
        for one in addresses:
            self._by_owner[one.account_id] = (*self._by_owner.get(one.account_id, ()), one)
        self._elsewhere = lanes_elsewhere(addresses, self._node)
        self._known_at = generation

    def _blocks_us(self, address: str, group: Group | None) -> bool:
        block = self._blocks.get((address, group.name)) if group is not None else None
        return block is not None and block.until > self._clock()

    def _blocked_everywhere(self, whose: str, group: Group | None) -> Deferred:
        name = "" if group is None else group.name
        return _waits(f"{name} blocks the addresses of {whose}", BLOCKED)

    async def _taken(self, choice: Choice, pool: str, group: Group | None) -> Sources | Deferred:
        """Take the first address of each version that may send to a group now."""
        if choice.elsewhere:
            return _waits(f"The addresses of pool {pool} are on another node", NOT_HERE)
        if not choice.ipv4 and not choice.ipv6:
            return _waits(f"There is no address in pool {pool}", NO_ADDRESS)
        free = [
            tuple(one for one in tier if not self._blocks_us(one.address, group))
            for tier in (choice.ipv4, choice.ipv6)
        ]
        if not any(free):
            return self._blocked_everywhere(f"pool {pool}", group)
        sources = Sources(
            ipv4=await self._first(free[0], group),
            ipv6=await self._first(free[1], group),
            pool=pool,
        )
        if sources.ipv4 is None and sources.ipv6 is None:
            return _waits(f"The addresses of pool {pool} warm up and sent enough today", NO_VOLUME)
        return sources

    async def _first(self, addresses: Tier, group: Group | None) -> Source | None:
        now = self._clock()
        for one in addresses:
            taken = await self._volume.take(one, now, group)
            if taken is not None:
                return Source(bind=one.bind, hello=one.helo, address=one.address, taken=taken)
        return None


def _waits(why: str, own_delay: OwnDelay) -> Deferred:
    reply = Reply(451, f"{NO_ADDRESS_STATUS} {why}", NO_ADDRESS_STATUS)
    return Deferred(reply, own_delay=own_delay)
