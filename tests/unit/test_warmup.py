"""The warm-up: 45 days by the clock alone, a plan that grows evenly to 50,000 a day."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.warmup import (
    DAY_MS,
    DAYS,
    PLAN,
    WARMUP_MS,
    day_limit,
    is_warm,
    percentage,
    plan_day,
    started_for,
)

START = 1_800_000_000_000


def test_the_plan_grows_from_50_to_50000_by_the_same_factor_each_day():
    assert (len(PLAN), PLAN[0], PLAN[-1]) == (45, 50, 50_000)
    factors = [after / before for before, after in pairwise(PLAN)]
    assert all(1.15 < factor < 1.20 for factor in factors)


def test_over_45_days_the_limit_follows_the_plan_and_then_there_is_none():
    limits = [day_limit(START, START + day * DAY_MS) for day in range(DAYS)]
    assert limits == list(PLAN)
    days = [plan_day(START, START + day * DAY_MS) for day in (0, 0.99, 1, 44, 45, -1)]
    assert days == [1, 1, 2, 45, 45, 1]
    assert not is_warm(START, START + WARMUP_MS - 1)
    assert is_warm(START, START + WARMUP_MS)


@pytest.mark.parametrize(
    ("days", "percent"), [(0, 0), (9, 20), (22.5, 50), (44.9, 99), (45, 100), (400, 100), (-1, 0)]
)
def test_the_percentage_counts_by_time(days, percent):
    assert percentage(START, START + int(days * DAY_MS)) == percent


def test_an_address_without_a_beginning_is_warm():
    assert percentage(None, START) == 100
    assert is_warm(None, START)


@given(done=st.integers(0, 100), now=st.integers(WARMUP_MS, 2**45))
def test_a_percentage_that_was_set_is_read_back_and_goes_on_from_there(done, now):
    started_at = started_for(done, now)
    assert percentage(started_at, now) == done
    assert (started_at is None) == (done == 100)
    if started_at is not None:
        left = (100 - done) * WARMUP_MS // 100
        assert not is_warm(started_at, now + left - 1)
        assert is_warm(started_at, now + left)
