"""Which addresses an attempt may leave by, in the order to try them. Pure.

Takes all sending addresses, the message's account and pool, the node and a seed; hands on a Choice.
The rules (facts §8, design §8): mail of a named pool leaves by that pool alone. Mail without one
leaves by the account's default pool, and what warm-up holds back there by the shared addresses; an
account without addresses has the shared ones, and where there are none either, the system's own
source. An address lives on one node: mail goes out on the node that has its pool.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pillarbox.model.queued import mail_of
from pillarbox.model.sending_address import DEFAULT_POOL, SHARED_POOL, SendingAddress

Tier = tuple[SendingAddress, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The addresses of a pool, and those for what the first can't take.

    `system`: nobody has given addresses, so that the system's own source does.
    """

    tiers: tuple[Tier, ...]
    system: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Addresses in the order to try them, by IP version. `elsewhere`: other nodes have them."""

    ipv4: Tier = ()
    ipv6: Tier = ()
    elsewhere: bool = False


def candidates(
    addresses: Iterable[SendingAddress], account_id: str, pool: str | None
) -> Candidates:
    """Give the addresses that mail of an account and a pool may leave by, on whatever node."""
    known = tuple(addresses)
    shared = tuple(one for one in known if one.account_id is None)
    if pool == SHARED_POOL:
        return Candidates((shared,), system=not shared)
    wanted = None if pool == DEFAULT_POOL else pool
    own = tuple(one for one in known if one.account_id == account_id and one.pool == wanted)
    if pool is not None:
        return Candidates((own,))
    return Candidates((own, shared), system=not own and not shared)


def choose(found: Candidates, node: str, seed: int) -> Choice:
    """Put the candidates on this node in the order to try them.

    Seeds that are spread evenly spread the mail evenly over the addresses of the first tier. Where
    that tier lives decides on the node; what overflows from it goes to addresses of the same node.
    """
    tiers = [tier for tier in found.tiers if tier]
    if not tiers:
        return Choice()
    here = [tuple(one for one in tier if one.node == node) for tier in tiers]
    if not here[0]:
        return Choice(elsewhere=True)
    return Choice(_in_order(here, 4, seed), _in_order(here, 6, seed))


def lanes_elsewhere(addresses: Iterable[SendingAddress], node: str) -> tuple[str, ...]:
    """Give the ends of the names of lanes that another node has the addresses of, and not this one.

    Mail without a pool of accounts that only have another node's shared addresses has no such end:
    it is put back when it is claimed here.
    """
    known = tuple(addresses)
    ends: set[str] = set()
    for one in known:
        if one.account_id is not None:
            pools = (one.pool,) if one.pool else (None, DEFAULT_POOL)
            for pool in pools:
                if choose(candidates(known, one.account_id, pool), node, 0).elsewhere:
                    ends.add(f" {mail_of(one.account_id, pool)}")
        elif choose(candidates(known, "", SHARED_POOL), node, 0).elsewhere:
            ends.add(f"/{SHARED_POOL}")
    return tuple(sorted(ends))


def seed_of(message_id: bytes, position: int, attempts: int) -> int:
    """Give a recipient's seed: random by the message's id, another address for each two attempts.

    The second attempt leaves by the same address as the first: who greylists knows it then.
    """
    return int.from_bytes(message_id[8:]) + position + attempts // 2


def _in_order(tiers: Sequence[Tier], version: int, seed: int) -> Tier:
    ordered: list[SendingAddress] = []
    for tier in tiers:
        same = [one for one in tier if one.version == version]
        start = seed % len(same) if same else 0
        ordered += same[start:] + same[:start]
    return tuple(ordered)
