"""The volume of a warm-up in the store: 45 simulated days, whoever takes of it and however."""

import asyncio

import pytest

from pillarbox.deliver.groups import Group
from pillarbox.deliver.warmup_volume import ASK_AGAIN_MS, PORTIONS, WarmupVolume
from pillarbox.model.sending_address import SendingAddress
from pillarbox.model.warmup import DAY_MS, DAYS, PLAN, WARMUP_MS, Volume, day_limit, day_of
from pillarbox.store.addresses.warmup_volume import (
    add_overflow,
    read_day,
    read_group_day,
    take_volume,
)
from tests.store.rows import ACCOUNT, NOW

START = NOW // DAY_MS * DAY_MS
ADDRESS = SendingAddress(
    address="192.0.2.1",
    account_id=ACCOUNT,
    pool=None,
    node="n",
    bind="192.0.2.1",
    helo="h.test",
    created_at=START,
    warmup_started_at=START,
)


def test_each_of_45_days_gives_its_plan_and_no_more(store):
    with store.transaction() as conn:
        for day in range(DAYS):
            now = START + day * DAY_MS
            limit = day_limit(START, now)
            portion = max(1, limit // PORTIONS)
            taken = 0
            while granted := take_volume(conn, Volume("192.0.2.1", day_of(now)), portion, limit):
                taken += granted
            assert taken == PLAN[day]
            assert take_volume(conn, Volume("192.0.2.1", day_of(now)), 1, limit) == 0


def test_a_higher_limit_gives_the_rest_and_a_lower_one_takes_nothing_back(store):
    with store.transaction() as conn:
        assert take_volume(conn, Volume("192.0.2.1", 1), 80, 50) == 50
        assert take_volume(conn, Volume("192.0.2.1", 1), 80, 60) == 10
        assert take_volume(conn, Volume("192.0.2.1", 1), 80, 20) == 0
        assert take_volume(conn, Volume("192.0.2.1", 2), 80, 20) == 20
        assert take_volume(conn, Volume("192.0.2.2", 1), 5, 20) == 5


def test_overflow_is_added_up_by_address_and_day(store):
    with store.transaction() as conn:
        add_overflow(conn, Volume("192.0.2.1", 1), 5)
        take_volume(conn, Volume("192.0.2.1", 1), 10, 50)
        add_overflow(conn, Volume("192.0.2.1", 1), 2)
        add_overflow(conn, Volume("192.0.2.1", 2), 1)
        assert read_day(conn, 1) == {"192.0.2.1": (10, 7)}


async def test_many_at_once_get_the_day_and_no_more(store):
    volumes = [WarmupVolume(store) for _ in range(3)]
    taking = [volumes[n % 3].take(ADDRESS, START) for n in range(3 * PLAN[0])]
    taken = await asyncio.gather(*taking)
    assert len([one for one in taken if one is not None]) == PLAN[0]


@pytest.mark.parametrize("days", [45, 46, 1000])
async def test_after_the_45_days_nothing_is_counted(store, days):
    volume = WarmupVolume(store)
    assert await volume.take(ADDRESS, START + WARMUP_MS + (days - 45) * DAY_MS) == ()
    with store.transaction() as conn:
        assert read_day(conn, day_of(START + days * DAY_MS)) == {}


async def test_each_of_45_days_gives_a_listed_group_its_share_and_no_more(store):
    google = Group(name="google", connections=9, warmup_share=0.6, listed=True)
    for day in (0, 1, 20, 44):
        volume, now = WarmupVolume(store), START + day * DAY_MS
        limit, share = PLAN[day], int(PLAN[day] * 0.6)
        if limit > 1000:  # begin near the end: what counts is where it ends
            with store.transaction() as conn:
                take_volume(conn, Volume("192.0.2.1", day_of(now), "google"), share - 9, share)
            share = 9
        taken = 0
        while await volume.take(ADDRESS, now, google):
            taken += 1
        assert taken == share
        assert await volume.take(ADDRESS, now)  # others have the rest
        await volume.close()
        with store.transaction() as conn:
            assert read_group_day(conn, day_of(now))["192.0.2.1"]["google"][1] == 1


async def test_a_group_that_nobody_listed_has_no_share_and_costs_no_row(store):
    volume = WarmupVolume(store)
    other = Group(name="example.org", connections=9, warmup_share=0.1)
    for _ in range(PLAN[0]):
        assert await volume.take(ADDRESS, START, other)
    assert not await volume.take(ADDRESS, START, other)
    with store.transaction() as conn:
        assert read_group_day(conn, day_of(START)) == {}


async def test_what_is_given_back_another_worker_takes_once_it_asks_again(store):
    one, other = WarmupVolume(store), WarmupVolume(store)
    taken = [await one.take(ADDRESS, START) for _ in range(PLAN[0])]
    assert await other.take(ADDRESS, START) is None
    await one.give_back(taken[0])
    assert await other.take(ADDRESS, START + ASK_AGAIN_MS - 1) is None
    assert await other.take(ADDRESS, START + ASK_AGAIN_MS) == taken[0]
    assert await one.take(ADDRESS, START + ASK_AGAIN_MS) is None


async def test_a_groups_share_is_given_back_with_the_whole(store):
    volume = WarmupVolume(store)
    google = Group(name="google", connections=9, warmup_share=0.6, listed=True)
    await volume.give_back(await volume.take(ADDRESS, START, google))
    with store.transaction() as conn:
        assert read_group_day(conn, day_of(START))["192.0.2.1"]["google"] == (0, 0)
        assert read_day(conn, day_of(START)) == {"192.0.2.1": (0, 0)}
