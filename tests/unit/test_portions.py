"""A worker's portions: what it may take at once, when it is to ask again, what it wishes for."""

import pytest

from pillarbox.base.portions import IDLE_MS, INTERVAL_MS, SOON_S, Grant, Portions

NOW = 1_800_000_000_000
FOREVER = NOW + 10**9


class Hunger:
    """Counts how often a renewal was asked for."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1


def _granted(portion=1.0, until=FOREVER):
    """Portions that have been granted one of the rate `r` of ten a second, not yet used."""
    portions = Portions()
    assert portions.take("r", 10.0, NOW) == SOON_S
    portions.grant([Grant("r", portion, until)], NOW)
    return portions


def _taken(portions, now, rate=10.0):
    count = 0
    while portions.take("r", rate, now) == 0.0:
        count += 1
    return count


def test_without_a_portion_nothing_is_taken_and_one_is_asked_for():
    hunger = Hunger()
    portions = Portions(hunger)
    assert portions.take("r", 10.0, NOW) == SOON_S
    assert portions.room("c", 5, NOW, wanted=1) == 0
    assert hunger.times == 2


@pytest.mark.parametrize(("portion", "burst", "later"), [(1.0, 10, 10), (0.5, 5, 5), (0.02, 1, 0)])
def test_a_portion_of_a_rate_gives_its_burst_and_then_its_part_each_second(portion, burst, later):
    portions = _granted(portion)
    assert _taken(portions, NOW) == burst
    assert _taken(portions, NOW + 1000) == later


def test_who_is_refused_hears_when_there_is_enough():
    portions = _granted(0.5)
    _taken(portions, NOW)
    assert portions.take("r", 10.0, NOW) == pytest.approx(0.2)
    assert portions.take("r", 10.0, NOW + 200) == 0.0


def test_an_amount_larger_than_the_burst_goes_through_on_credit():
    portions = _granted()
    assert portions.take("r", 10.0, NOW, amount=30) == 0.0
    assert portions.take("r", 10.0, NOW) == pytest.approx(2.1)
    assert portions.take("r", 10.0, NOW + 2000) > 0.0
    assert portions.take("r", 10.0, NOW + 2101) == 0.0


def test_what_was_not_used_can_be_put_back():
    portions = _granted(0.1)
    assert portions.take("r", 10.0, NOW) == 0.0
    portions.put_back("r")
    assert portions.take("r", 10.0, NOW) == 0.0


def test_when_the_lease_ends_nothing_is_taken():
    portions = _granted(until=NOW + 100)
    assert portions.take("r", 10.0, NOW + 99) == 0.0
    assert portions.take("r", 10.0, NOW + 100) == SOON_S


def test_a_portion_that_grows_brings_no_new_burst():
    portions = _granted(0.5)
    assert _taken(portions, NOW) == 5
    portions.grant([Grant("r", 1.0, FOREVER)], NOW + 100)
    assert _taken(portions, NOW + 100) == 0  # 0.5 tokens have come at the old rate
    assert _taken(portions, NOW + 150) == 1


def test_a_rate_of_nothing_gives_nothing():
    portions = Portions()
    assert portions.take("r", 0.0, NOW) > 0.0
    portions.grant([Grant("r", 1.0, FOREVER)], NOW)
    assert portions.take("r", 0.0, NOW) > 0.0


def test_a_count_gives_whole_ones():
    portions = Portions()
    portions.room("c", 10, NOW, wanted=1)
    portions.grant([Grant("c", 0.35, FOREVER)], NOW)
    assert portions.room("c", 10, NOW, wanted=9) == 3


def test_wishes_are_fractions_of_the_limit_and_fade():
    portions = _granted()
    for _ in range(3):
        portions.take("r", 10.0, NOW)
    now = NOW + INTERVAL_MS
    assert portions.wishes(now)[0].wanted == pytest.approx(0.8)  # 4 were asked for in half a second
    assert portions.wishes(now + INTERVAL_MS)[0].wanted == pytest.approx(0.4)
    assert portions.wishes(now + 2 * INTERVAL_MS)[0].wanted == pytest.approx(0.2)


def test_who_was_refused_wants_several_times_what_it_has():
    portions = _granted(0.1)
    portions.take("r", 10.0, NOW)
    portions.wishes(NOW + INTERVAL_MS)
    portions.wishes(NOW + 2 * INTERVAL_MS)
    assert portions.take("r", 10.0, NOW + 2 * INTERVAL_MS) == 0.0
    assert portions.take("r", 10.0, NOW + 2 * INTERVAL_MS) > 0.0
    assert portions.wishes(NOW + 3 * INTERVAL_MS)[0].wanted == pytest.approx(0.4)


def test_renewing_in_a_hurry_forgets_nothing_that_was_wanted():
    portions = _granted()
    portions.take("r", 10.0, NOW, amount=4)
    assert [portions.wishes(NOW + ms)[0].wanted for ms in (1, 20, 40)] == [1.0, 1.0, 1.0]


def test_what_is_in_use_is_wished_for_at_least():
    portions = Portions()
    portions.room("c", 10, NOW, wanted=4)
    portions.using("c", 3)
    (wish,) = portions.wishes(NOW)
    assert (wish.wanted, wish.least, wish.grains) == (0.4, 0.3, 10)


def test_a_name_is_given_back_when_it_was_idle_and_nothing_of_it_is_in_use():
    portions = _granted()
    portions.room("c", 10, NOW, wanted=1)
    portions.using("c", 1)
    assert [wish.name for wish in portions.wishes(NOW + IDLE_MS)] == ["c"]
    assert portions.given_back() == ["r"]
    portions.using("c", 0)
    assert portions.wishes(NOW + IDLE_MS) == []
    assert portions.given_back() == ["c"]
    assert portions.given_back() == []


def test_many_refusals_ask_for_one_renewal_in_an_interval():
    hunger = Hunger()
    portions = Portions(hunger)
    portions.take("r", 10.0, NOW)
    portions.grant([Grant("r", 0.1, FOREVER)], NOW)
    hunger.times = 0
    for _ in range(50):
        portions.take("r", 10.0, NOW)
    assert hunger.times == 0  # it has asked in this interval
    portions.wishes(NOW + INTERVAL_MS)
    for _ in range(50):
        portions.take("r", 10.0, NOW + INTERVAL_MS)
    assert hunger.times == 1
