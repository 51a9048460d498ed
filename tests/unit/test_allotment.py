"""How a limit is divided: fair, never more than all of it, in whole grains where it counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.allotment import allot, whole_grains

WISHES = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.floats(0, 3), max_size=9)


@given(WISHES, st.integers(0, 40), st.integers(0, 5))
def test_portions_together_are_never_more_than_the_limit(wanted, grains, epoch):
    portions = allot(wanted, grains, epoch)
    assert set(portions) == set(wanted)
    assert sum(portions.values()) <= 1 + 1e-9
    assert all(portion >= 0 for portion in portions.values())


@given(WISHES, st.integers(1, 40))
def test_a_count_is_divided_in_whole_grains(wanted, grains):
    for portion in allot(wanted, grains).values():
        assert abs(portion * grains - round(portion * grains)) < 1e-6


@pytest.mark.parametrize(
    ("wanted", "portions"),
    [
        ({"a": 1.0}, {"a": 1.0}),
        ({"a": 1.0, "b": 1.0}, {"a": 0.5, "b": 0.5}),
        ({"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, dict.fromkeys("abcd", 0.25)),
        ({"a": 1.0, "b": 0.0}, {"a": 0.99, "b": 0.01}),
        ({"a": 1.0, "b": 0.2}, {"a": 0.75, "b": 0.25}),
        ({"a": 1.0, "b": 0.9, "c": 0.08}, {"a": 0.45, "b": 0.45, "c": 0.1}),
        ({"a": 0.0}, {"a": 0.01 + 0.99 * 0.75}),
        ({"a": 0.4, "b": 0.0}, {"a": 0.5 + 0.18375, "b": 0.01 + 0.18375}),
    ],
    ids=["alone", "two", "four", "idle", "modest", "modest-of-three", "idle-alone", "half"],
)
def test_who_wants_much_gets_what_others_leave(wanted, portions):
    assert allot(wanted) == pytest.approx(portions)


def test_what_rounding_leaves_over_goes_round():
    wanted = {"a": 1.0, "b": 1.0, "c": 1.0}
    holders = set()
    for epoch in range(40):
        portions = allot(wanted, 1, epoch)
        assert sorted(portions.values()) == [0.0, 0.0, 1.0]
        holders |= {one for one, portion in portions.items() if portion}
    assert holders == {"a", "b", "c"}


@pytest.mark.parametrize(("portion", "grains"), [(0.3, 10), (1 / 3, 3), (0.7, 10), (1.0, 49)])
def test_a_portion_made_of_grains_is_so_many_again(portion, grains):
    assert whole_grains(portion, grains) == round(portion * grains)
