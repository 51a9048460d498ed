"""The chart of a warm-up: its plan is a straight line, and each day's count stands in its place."""

import itertools

import pytest

from pillarbox.console.charts_warmup import warmup_chart
from pillarbox.model.warmup import DAY_MS, DAYS, PLAN, day_of

NOW = 1_795_000_000_000


def points(chart):
    return [tuple(map(float, one.split(","))) for one in chart.plan.split()]


def test_the_plan_is_a_straight_line_of_45_days():
    drawn = points(warmup_chart(NOW, NOW, {}))
    assert len(drawn) == DAYS
    steps = [before[1] - after[1] for before, after in itertools.pairwise(drawn)]
    assert max(steps) - min(steps) < 0.5
    assert min(steps) > 0


def test_a_day_that_reached_its_limit_reaches_the_line():
    counts = {day_of(NOW) + day: (PLAN[day], 0) for day in range(DAYS)}
    chart = warmup_chart(NOW, NOW + 44 * DAY_MS, counts)
    for bar, (x, y) in zip(chart.sent, points(chart), strict=True):
        assert bar.y == y
        assert x - chart.slot / 2 <= bar.x <= x
        assert bar.y + bar.height == pytest.approx(chart.bottom, abs=0.1)


def test_what_overflowed_stands_beside_what_was_sent():
    chart = warmup_chart(NOW, NOW, {day_of(NOW): (50, 7), day_of(NOW) + 1: (0, 0)})
    (sent,), (over,) = chart.sent, chart.overflowed
    assert over.x > sent.x + sent.width
    assert over.text == "Day 1: 7 overflowed"


@pytest.mark.parametrize("count", [1, 10**9])
def test_the_smallest_and_the_largest_count_stay_inside(count):
    (bar,) = warmup_chart(NOW, NOW, {day_of(NOW): (count, 0)}).sent
    chart = warmup_chart(NOW, NOW, {})
    assert chart.top <= bar.y < chart.bottom


def test_days_outside_the_plan_are_not_drawn():
    counts = {day_of(NOW) - 1: (5, 5), day_of(NOW) + DAYS: (5, 5)}
    chart = warmup_chart(NOW, NOW, counts)
    assert chart.sent == chart.overflowed == ()


def test_a_warm_up_that_is_over_has_no_today():
    assert warmup_chart(NOW, NOW, {}).today is not None
    assert warmup_chart(NOW, NOW + 50 * DAY_MS, {}).today is None
