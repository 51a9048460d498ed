"""The volume of a warm-up in the store: 45 simulated days, whoever takes of it and however."""

import asyncio

import pytest

from pillarbox.deliver.warmup_volume import PORTIONS, WarmupVolume
from pillarbox.model.sending_address import SendingAddress
from pillarbox.model.warmup import DAY_MS, DAYS, PLAN, WARMUP_MS, day_limit, day_of
from pillarbox.store.warmup_volume import add_overflow, read_day, take_volume
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
            while granted := take_volume(conn, "192.0.2.1", day_of(now), portion, limit):
                taken += granted
            assert taken == PLAN[day]
            assert take_volume(conn, "192.0.2.1", day_of(now), 1, limit) == 0


def test_a_higher_limit_gives_the_rest_and_a_lower_one_takes_nothing_back(store):
    with store.transaction() as conn:
        assert take_volume(conn, "192.0.2.1", 1, 80, 50) == 50
        assert take_volume(conn, "192.0.2.1", 1, 80, 60) == 10
        assert take_volume(conn, "192.0.2.1", 1, 80, 20) == 0
        assert take_volume(conn, "192.0.2.1", 2, 80, 20) == 20
        assert take_volume(conn, "192.0.2.2", 1, 5, 20) == 5


def test_overflow_is_added_up_by_address_and_day(store):
    with store.transaction() as conn:
        add_overflow(conn, "192.0.2.1", 1, 5)
        take_volume(conn, "192.0.2.1", 1, 10, 50)
        add_overflow(conn, "192.0.2.1", 1, 2)
        add_overflow(conn, "192.0.2.1", 2, 1)
        assert read_day(conn, 1) == {"192.0.2.1": (10, 7)}


async def test_many_at_once_get_the_day_and_no_more(store):
    volumes = [WarmupVolume(store) for _ in range(3)]
    taking = [volumes[n % 3].take(ADDRESS, START) for n in range(3 * PLAN[0])]
    assert sum(await asyncio.gather(*taking)) == PLAN[0]


@pytest.mark.parametrize("days", [45, 46, 1000])
async def test_after_the_45_days_nothing_is_counted(store, days):
    volume = WarmupVolume(store)
    assert await volume.take(ADDRESS, START + WARMUP_MS + (days - 45) * DAY_MS)
    with store.transaction() as conn:
        assert read_day(conn, day_of(START + days * DAY_MS)) == {}
