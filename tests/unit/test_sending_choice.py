"""Which addresses a message may leave by: the rules as a table; evenness and order."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.deliver.sending_choice import (
    Candidates,
    candidates,
    choose,
    lanes_elsewhere,
    seed_of,
)
from pillarbox.model.sending_address import SendingAddress

ME, OTHER = "111111111111", "222222222222"


def address(text, account=ME, pool=None, node="here"):
    return SendingAddress(
        address=text,
        account_id=account,
        pool=pool,
        node=node,
        bind=text,
        helo="h.test",
        created_at=0,
    )


OWN = address("192.0.2.1")
IN_A = address("192.0.2.2", pool="a")
SHARED = address("192.0.2.3", account=None)
FOREIGN = address("192.0.2.4", account=OTHER)
FOREIGN_A = address("192.0.2.5", account=OTHER, pool="a")
ALL = (OWN, IN_A, SHARED, FOREIGN, FOREIGN_A)


@pytest.mark.parametrize(
    ("known", "pool", "tiers", "system"),
    [
        ((), None, ((), ()), True),
        ((FOREIGN, FOREIGN_A, IN_A), None, ((), ()), True),
        (ALL, None, ((OWN,), (SHARED,)), False),
        ((SHARED, IN_A), None, ((), (SHARED,)), False),
        ((OWN,), None, ((OWN,), ()), False),
        (ALL, "a", ((IN_A,),), False),
        ((OWN, SHARED, FOREIGN_A), "a", ((),), False),
        ((), "a", ((),), False),
        (ALL, "ses-default-dedicated-pool", ((OWN,),), False),
        ((SHARED,), "ses-default-dedicated-pool", ((),), False),
        (ALL, "ses-shared-pool", ((SHARED,),), False),
        ((OWN,), "ses-shared-pool", ((),), True),
    ],
)
def test_a_pool_says_which_addresses_may_be_used(known, pool, tiers, system):
    assert candidates(known, ME, pool) == Candidates(tiers, system)


def ips(addresses):
    return [one.address for one in addresses]


@pytest.mark.parametrize(
    ("tiers", "ipv4", "ipv6", "elsewhere"),
    [
        (((), ()), [], [], False),
        (((OWN,), (SHARED,)), ["192.0.2.1", "192.0.2.3"], [], False),
        (((), (SHARED,)), ["192.0.2.3"], [], False),
        (((address("192.0.2.9", node="there"),), (SHARED,)), [], [], True),
        (((OWN,), (address("192.0.2.9", node="there"),)), ["192.0.2.1"], [], False),
        (((address("192.0.2.9", node="there"), OWN),), ["192.0.2.1"], [], False),
        (((address("2001:db8::1"), OWN),), ["192.0.2.1"], ["2001:db8::1"], False),
        (((address("2001:db8::1"),), (SHARED,)), ["192.0.2.3"], ["2001:db8::1"], False),
    ],
)
def test_only_addresses_of_this_node_are_chosen(tiers, ipv4, ipv6, elsewhere):
    choice = choose(Candidates(tiers), "here", 0)
    assert (ips(choice.ipv4), ips(choice.ipv6)) == (ipv4, ipv6)
    assert choice.elsewhere is elsewhere


POOL = tuple(address(f"192.0.2.{n}") for n in range(1, 8))
POOL6 = tuple(address(f"2001:db8::{n}") for n in range(1, 4))


@given(size=st.integers(1, 7), start=st.integers(0, 2**70), rounds=st.integers(1, 5))
def test_seeds_that_follow_each_other_use_every_address_equally(size, start, rounds):
    found = Candidates((POOL[:size] + POOL6,))
    choices = [choose(found, "here", start + n) for n in range(size * 3 * rounds)]
    assert set(Counter(one.ipv4[0] for one in choices).values()) == {3 * rounds}
    assert set(Counter(one.ipv6[0] for one in choices).values()) == {size * rounds}


@given(seed=st.integers(0, 2**70))
def test_each_address_is_in_the_order_once_and_the_first_tier_first(seed):
    choice = choose(Candidates((POOL[:4], POOL[4:])), "here", seed)
    assert sorted(choice.ipv4[:4], key=ips_key) == list(POOL[:4])
    assert sorted(choice.ipv4[4:], key=ips_key) == list(POOL[4:])


def ips_key(one):
    return one.address


def test_another_attempt_and_another_recipient_have_another_seed():
    seeds = {seed_of(b"x" * 16, position, 0) for position in range(5)}
    assert len(seeds) == 5
    seeds_by_attempt = [seed_of(b"x" * 16, 0, attempts) for attempts in range(4)]
    first = seeds_by_attempt[0]
    assert seeds_by_attempt == [first, first, first + 1, first + 1]


THERE = address("192.0.2.9", node="there")
THERE_IN_A = address("192.0.2.10", pool="a", node="there")
SHARED_THERE = address("192.0.2.11", account=None, node="there")
DEFAULT_ENDS = (f" {ME}", f" {ME}/ses-default-dedicated-pool")


@pytest.mark.parametrize(
    ("known", "ends"),
    [
        ((), ()),
        (ALL, ()),
        ((THERE,), DEFAULT_ENDS),
        ((THERE, OWN), ()),
        ((THERE, SHARED), DEFAULT_ENDS),
        ((THERE_IN_A,), (f" {ME}/a",)),
        ((THERE_IN_A, FOREIGN_A), (f" {ME}/a",)),
        ((THERE_IN_A, IN_A), ()),
        ((SHARED_THERE,), ("/ses-shared-pool",)),
        ((SHARED_THERE, SHARED), ()),
    ],
)
def test_lanes_whose_addresses_only_another_node_has_are_left_to_it(known, ends):
    assert lanes_elsewhere(known, "here") == ends
