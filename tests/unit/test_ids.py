"""Ids: UUIDv7 that grow, whoever asks and in whatever order moments are named."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.ids import uuid7, uuid7_after, uuid7_floor, uuid7_ms

MOMENTS = st.integers(min_value=0, max_value=2**48 - 2)


@given(st.lists(st.integers(min_value=1_790_000_000_000, max_value=1_790_000_000_009)))
def test_ids_of_a_millisecond_grow_whatever_others_are_made_between(moments):
    made = [(moment, uuid7(moment)) for moment in moments]
    for moment in set(moments):
        ids = [one for at, one in made if at == moment]
        assert all(first < second for first, second in pairwise(ids))


@given(MOMENTS)
def test_an_id_is_a_uuid_of_version_7_that_tells_its_moment(moment):
    value = uuid7(moment)
    read = uuid.UUID(bytes=value)
    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    assert uuid7_ms(value) == moment
    assert uuid7_floor(moment) <= value < uuid7_floor(moment + 1)


@given(MOMENTS, MOMENTS)
def test_an_id_after_another_is_larger_whatever_the_clock_says(earlier, now):
    first = uuid7(earlier)
    assert uuid7_after(first, now) > first
    assert uuid7_ms(uuid7_after(first, now)) == max(now, earlier + 1)


def test_many_threads_get_ids_of_their_own_that_grow_for_each():
    def some(_):
        return [uuid7(1_790_000_000_500) for _ in range(2_000)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(some, range(8)))
    assert all(one == sorted(one) for one in found)
    assert len({one for ids in found for one in ids}) == 16_000


def test_the_last_octet_spreads_ids_over_the_shards():
    shards = [uuid7(1_790_000_000_600)[-1] % 16 for _ in range(4_000)]
    assert all(150 < shards.count(number) < 350 for number in range(16))
