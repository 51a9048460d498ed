"""A new key of ours begins to sign when resolvers have forgotten what was there before it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from pillarbox.base.errors import BadRequest, ConcurrentModification
from pillarbox.identity.key_rotation import KeyRotation
from pillarbox.manage.identities.dkim_signing import DAY_MS, SETTLING_MS, Signing, set_signing
from pillarbox.proto.dkim import public_record
from pillarbox.store.identity.dkim_tokens import (
    find_private_key,
    find_public_key,
    list_keys,
    list_public_keys,
)
from pillarbox.store.sets.sender import find_sender_identities
from pillarbox.store.store import Store
from pillarbox.store.tables import accounts
from tests.peers.wait import ARRIVAL_SECONDS
from tests.store.identity_world import DOMAIN, KEYS, IdentityWorld, key_row
from tests.store.rows import ACCOUNT, NOW, add_account

SHORT = Signing(origin="AWS_SES", bits=1024)
LONG = Signing(origin="AWS_SES", bits=2048)
OWN = Signing(origin="EXTERNAL", selector="own", private_key="-")


class NoZone:
    """Nothing is looked up here."""

    address = "127.0.0.1:9"


@pytest.fixture
async def world(store):
    with store.transaction() as conn:
        add_account(conn)
    made = IdentityWorld(store, NoZone())
    made.create()
    yield made
    await made.resolver.close()


def next_key(number, token, bits):
    return key_row(number, f"{token}/{number}", selector=token, key_bits=bits)


def served(world, token):
    return world.run(find_public_key, token, world.now)


async def rotated(world, at):
    await KeyRotation(world.store).turn(at)
    shown = world.get()
    return shown.signing_key_bits, shown.next_key_bits


async def test_the_next_key_is_served_at_once_and_signs_two_hours_later(world):
    needed = world.needed(SHORT)
    assert (needed.kind, needed.selector, needed.bits) == ("next", "t1", 1024)
    shown = world.set_signing(SHORT, next_key(3, "t1", 1024))
    assert (shown.signing_key_bits, shown.next_key_bits) == (2048, 1024)
    assert shown.tokens == ("t0", "t1", "t2")
    assert served(world, "t1") == public_record(KEYS[3])
    assert dict(world.run(list_public_keys, world.now))["t1"] == public_record(KEYS[3])
    assert await rotated(world, NOW + SETTLING_MS - 1) == (2048, 1024)
    assert world_token(world) == "t0"
    assert await rotated(world, NOW + SETTLING_MS) == (1024, 1024)
    assert world_token(world) == "t1/3"
    assert served(world, "t0") == public_record(KEYS[0])
    assert world.run(find_private_key, "t0") is not None


def world_token(world):
    """The key at position 0; here none was found in DNS."""
    return world.run(find_sender_identities, ACCOUNT, [DOMAIN])[DOMAIN].signing_token


async def test_the_tokens_take_turns_and_the_length_changes_once_a_day(world):
    world.set_signing(SHORT, next_key(3, "t1", 1024))
    await rotated(world, NOW + SETTLING_MS)
    with pytest.raises(BadRequest, match="once in 24 hours"):
        world.needed(LONG)
    world.now = NOW + DAY_MS
    assert world.needed(LONG).selector == "t2"
    world.set_signing(LONG, next_key(4, "t2", 2048))
    assert await rotated(world, world.now + SETTLING_MS) == (2048, 2048)
    assert world_token(world) == "t2/4"
    world.now += DAY_MS
    assert world.needed(SHORT).selector == "t0"


async def test_a_rotation_happens_once_and_is_news_to_those_who_remember(world):
    world.set_signing(SHORT, next_key(3, "t1", 1024))

    def generation():
        return world.run(lambda conn: conn.execute(select(accounts.c.generation)).scalar_one())

    before = generation()
    await rotated(world, NOW + SETTLING_MS)
    await rotated(world, NOW + SETTLING_MS + 1)
    assert (generation(), world_token(world)) == (before + 1, "t1/3")


async def test_the_length_that_is_set_needs_no_key(world):
    assert world.needed(LONG).kind == "none"
    assert world.set_signing(LONG).next_key_bits == 2048


async def test_keys_that_no_longer_fit_are_refused(world):
    with pytest.raises(ConcurrentModification):
        world.set_signing(LONG, next_key(3, "t1", 2048))
    with pytest.raises(ConcurrentModification):
        world.set_signing(SHORT)


@pytest.mark.parametrize(("signing", "selector"), [(SHORT, "t1"), (OWN, "own")])
async def test_two_who_change_the_signing_at_once_leave_one_key_in_each_place(
    world, migrated_url, signing, selector
):
    """The second waits for the first, and is told or takes its place."""
    other = Store(migrated_url)
    origin = "EXTERNAL" if signing is OWN else None

    def change(conn, number):
        row = key_row(number, f"{selector}/{number}", selector=selector, origin=origin)
        set_signing(conn, ACCOUNT, DOMAIN, signing, [row], now=NOW, everything_verified=False)

    def second():
        try:
            with other.transaction() as conn:
                change(conn, 4)
        except ConcurrentModification:
            return "told"
        return "took its place"

    with ThreadPoolExecutor(1) as threads:
        with world.store.transaction() as conn:
            change(conn, 3)
            outcome = threads.submit(second)
        assert outcome.result(timeout=ARRIVAL_SECONDS) == (
            "told" if signing is SHORT else "took its place"
        )
    other.close()
    live = [one for one in world.run(list_keys, ACCOUNT, DOMAIN) if one.retired_at is None]
    assert len({one.position for one in live}) == len(live)
