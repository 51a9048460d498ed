"""Limits shared by workers through the store: never more than the limit, whoever comes and dies."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.portions import GRACE_MS, IDLE_MS, INTERVAL_MS, LEASE_MS, Wish
from pillarbox.store.portion_keeper import PortionKeeper
from pillarbox.store.portions import (
    FORGET_MS,
    Renewal,
    all_holdings,
    changes,
    forget_the_dead,
    hold_limits,
    read_holdings,
    renew_portions,
)

NOW = 1_800_000_000_000


class Clock:
    """The time, as a test sets it."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


def _keepers(store, clock, count):
    return [PortionKeeper(store, f"n/{number}", clock) for number in range(count)]


async def _go_on(keepers, clock, rounds=1):
    for _ in range(rounds):
        clock.now += INTERVAL_MS
        for keeper in keepers:
            await keeper.renew()


def _ask(keeper, clock, rate=100.0):
    """Take all that may be taken now; give how much that was."""
    taken = 0
    while keeper.portions.take("r", rate, clock.now) == 0.0:
        taken += 1
    return taken


def _portions_of(store, name="r"):
    with store.transaction() as conn:
        return {one.holder: one.portion for one in read_holdings(conn, [name])}


async def test_who_is_alone_gets_all_of_it_at_once(store):
    clock = Clock()
    (keeper,) = _keepers(store, clock, 1)
    for _ in range(100):
        keeper.portions.take("r", 100.0, clock.now)
    await keeper.renew()
    assert _ask(keeper, clock) == 100


async def test_two_busy_workers_share_evenly_within_two_seconds(store):
    clock = Clock()
    keepers = _keepers(store, clock, 2)
    for _ in range(4):
        _ask(keepers[0], clock)
        await _go_on(keepers, clock)
    for _ in range(4):
        for keeper in keepers:
            _ask(keeper, clock, 50.0)
        await _go_on(keepers, clock)
    assert _portions_of(store) == pytest.approx({"n/0": 0.5, "n/1": 0.5}, abs=0.05)


@pytest.mark.parametrize("count", [1, 2, 7])
async def test_all_together_take_no_more_than_the_limit(store, count):
    clock = Clock()
    keepers = _keepers(store, clock, count)
    taken, rounds = 0, 20
    for _ in range(rounds):
        taken += sum(_ask(keeper, clock) for keeper in keepers)
        await _go_on(keepers, clock)
    seconds = rounds * INTERVAL_MS / 1000
    assert 100 * (seconds - 2) <= taken <= 100 * (seconds + 1) + count


async def test_an_idle_worker_leaves_its_portion_to_the_busy_one_and_gets_it_back(store):
    clock = Clock()
    keepers = _keepers(store, clock, 2)
    for _ in range(8):
        _ask(keepers[0], clock)
        _ask(keepers[1], clock)
        await _go_on(keepers, clock)
    for _ in range(8):
        _ask(keepers[0], clock)
        await _go_on(keepers, clock)
    assert _portions_of(store)["n/0"] > 0.9
    for _ in range(4):
        _ask(keepers[0], clock)
        _ask(keepers[1], clock)
        await _go_on(keepers, clock)
    assert _portions_of(store)["n/1"] > 0.4


async def test_a_dead_holders_portion_is_free_when_its_lease_has_ended(store):
    clock = Clock()
    dead, alive = _keepers(store, clock, 2)
    for _ in range(2):
        _ask(dead, clock)
        await _go_on([dead], clock)
    _ask(alive, clock)
    await alive.renew()
    assert _portions_of(store)["n/1"] < 0.05
    for _ in range((LEASE_MS + GRACE_MS) // INTERVAL_MS + 2):
        _ask(alive, clock)
        await _go_on([alive], clock)
    assert _portions_of(store)["n/1"] > 0.9
    clock.now += FORGET_MS
    with store.transaction() as conn:
        forget_the_dead(conn, clock.now)
    assert set(_portions_of(store)) <= {"n/1"}


async def test_a_count_is_shared_and_nobody_loses_what_is_in_use(store):
    clock = Clock()
    first, second = _keepers(store, clock, 2)
    first.portions.room("c", 10, clock.now, wanted=10)
    await first.renew()
    assert first.portions.room("c", 10, clock.now, wanted=10) == 10
    first.portions.using("c", 8)
    for _ in range(3):
        second.portions.room("c", 10, clock.now, wanted=10)
        first.portions.room("c", 10, clock.now, wanted=10)
        await _go_on([first, second], clock)
    assert first.portions.room("c", 10, clock.now, wanted=10) == 5  # eight are open: no more come
    assert second.portions.room("c", 10, clock.now, wanted=10) == 2
    first.portions.using("c", 5)
    await _go_on([first, second], clock)
    assert second.portions.room("c", 10, clock.now, wanted=10) == 5


async def test_names_that_nobody_uses_are_not_written_and_forgotten_ones_go(store):
    clock = Clock()
    (keeper,) = _keepers(store, clock, 1)
    await keeper.renew()
    with store.transaction() as conn:
        assert all_holdings(conn, "", 0) == []
    _ask(keeper, clock)
    await keeper.renew()
    assert set(_portions_of(store)) == {"n/0"}
    clock.now += IDLE_MS
    await keeper.renew()
    assert _portions_of(store) == {}
    clock.now += FORGET_MS
    with store.transaction() as conn:
        assert hold_limits(conn, ["r"]) == {"r"}
        forget_the_dead(conn, clock.now)
        assert hold_limits(conn, []) == set()


async def test_a_renewal_that_changes_nothing_writes_nothing(store):
    wishes = [Wish("r", 0.5), Wish("s", 0.1)]
    with store.transaction() as conn:
        renew_portions(conn, [Renewal("n/0", NOW, wishes)])
        later = Renewal("n/0", NOW + 500, [Wish("r", 0.5, held=0.90625), Wish("s", 0.11)])
        due = renew_portions(conn, [later])[0]
    assert [grant.name for grant in due] == ["s"]  # it does not know its portion any more


async def test_many_names_are_renewed_together(store):
    names = [f"rate/{number}" for number in range(300)]
    with store.transaction() as conn:
        wishes = [Wish(name, 1.0) for name in names]
        (grants,) = renew_portions(conn, [Renewal("n/0", NOW, wishes)])
        assert {grant.name: grant.portion for grant in grants} == dict.fromkeys(names, 1.0)
        assert len(all_holdings(conn, "rate/", NOW)) == 300
        assert all_holdings(conn, "rate_", NOW) == []


async def test_a_caller_may_wait_for_its_portion(store):
    keeper = PortionKeeper(store, "n/0", Clock())  # no lease ends meanwhile
    running = asyncio.create_task(keeper.run())
    assert await keeper.take("r", 1000.0, patience_s=30) == 0.0
    assert await keeper.take("r", 0.001, 500.0) == 0.0
    assert await keeper.take("r", 0.001) > 1.0
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


MOVES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2000), st.floats(0, 1), st.booleans()), max_size=60
)


@given(MOVES, st.sampled_from([0, 1, 7]))
def test_live_portions_never_exceed_the_limit_whatever_happens(moves, grains):
    now, rows = NOW, {}
    for holder, passed, wanted, dies in moves:
        now += passed * (4 if dies else 1)
        renewal = Renewal(f"h{holder}", now, [])
        for row, grant in changes(renewal, [Wish("r", wanted, grains=grains)], rows.values()):
            assert grant.portion <= row.portion
            rows[row.holder] = row
        live = [one.portion for one in rows.values() if one.until > now]
        assert sum(live) <= 1 + 1e-6
