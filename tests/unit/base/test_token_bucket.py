"""Token buckets: on average and at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.token_bucket import Bucket, Rate

TWO = Rate(per_second=2, burst=3)


def taken(rate, moments):
    """Which of the calls at these moments are let through."""
    bucket, through = None, []
    for now in moments:
        left = rate.take(bucket, now)
        through.append(left is not None)
        bucket = left or bucket
    return through


@pytest.mark.parametrize(
    ("moments", "through"),
    [
        ([0, 0, 0, 0], [True, True, True, False]),
        ([0, 0, 0, 0.5, 0.5], [True, True, True, True, False]),
        ([0, 0, 0, 0.4, 0.5], [True, True, True, False, True]),
        ([0, 0, 0, 100, 100, 100, 100], [True, True, True, True, True, True, False]),
        ([5, 5, 5, 1, 1], [True, True, True, False, False]),
    ],
)
def test_a_burst_then_the_rate(moments, through):
    assert taken(TWO, moments) == through


def test_what_is_refused_takes_nothing():
    bucket = Bucket(0.5, 0.0)
    assert TWO.take(bucket, 0.0) is None
    assert TWO.filled(bucket, 0.25) == Bucket(1.0, 0.25)


@given(
    st.floats(0.01, 1000),
    st.floats(1, 1000),
    st.lists(st.floats(0, 2), max_size=200),
)
def test_no_more_goes_through_than_a_burst_and_what_flowed_in(per_second, burst, pauses):
    moments = [sum(pauses[:at]) for at in range(len(pauses) + 1)]
    through = sum(taken(Rate(per_second=per_second, burst=burst), moments))
    assert through <= burst + per_second * moments[-1] + 1e-6
    assert through >= 1
