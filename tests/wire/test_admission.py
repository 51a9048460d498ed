"""Bodies wait for room before they are read, large ones one at a time."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.wire.http.admission import BodyBudget
from pillarbox.wire.http.limits import Limits


def budget(total=100, large=1000, patience=60.0, queue=10):
    return BodyBudget(Limits(budget=total, large=large, patience=patience, queue=queue))


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_body_waits_until_there_is_room():
    room, order = budget(), []

    async def take(name, size, until):
        async with room.room(size):
            order.append(name)
            await until.wait()

    first, then = asyncio.Event(), asyncio.Event()
    then.set()
    async with asyncio.TaskGroup() as group:
        group.create_task(take("first", 80, first))
        group.create_task(take("second", 50, then))
        group.create_task(take("third", 10, then))
        await settle()
        assert order == ["first"]  # the third would fit, but must not pass the second
        first.set()
    assert order == ["first", "second", "third"]


async def test_large_bodies_go_one_at_a_time_and_small_ones_beside_them():
    room = budget(total=1000, large=100)
    async with room.room(300):
        second = asyncio.create_task(enter(room, 300))
        await settle()
        assert not second.done()
        async with room.room(100):
            pass
    await second


async def enter(room, size):
    async with room.room(size):
        pass


async def test_who_waits_too_long_is_told_unavailable_and_leaves_nothing_behind():
    room = budget(patience=0.01)
    async with room.room(100):
        with pytest.raises(ServiceUnavailable):
            await enter(room, 1)
    await enter(room, 100)


async def test_a_large_body_waits_no_longer_either():
    room = budget(total=1000, large=100, patience=0.01)
    async with room.room(300):
        with pytest.raises(ServiceUnavailable):
            await enter(room, 300)
    await enter(room, 300)


async def test_a_queue_too_long_refuses_at_once():
    room = budget(queue=1)
    async with room.room(100):
        waiting = asyncio.create_task(enter(room, 1))
        await settle()
        with pytest.raises(ServiceUnavailable):
            await enter(room, 1)
    await waiting


async def test_a_body_larger_than_all_room_takes_all_of_it():
    await enter(budget(total=100, large=10), 5000)


async def test_who_gives_up_lets_the_next_one_in():
    room = budget()
    async with room.room(60):
        impatient = asyncio.create_task(enter(room, 80))
        await settle()
        small = asyncio.create_task(enter(room, 40))
        await settle()
        impatient.cancel()
        await settle()
        assert small.done()
    await enter(room, 100)


@given(st.lists(st.tuples(st.integers(0, 150), st.booleans()), max_size=30))
def test_what_was_taken_is_always_given_back(bodies):
    async def run():
        room = budget(total=100, large=90, queue=100)
        async with AsyncExitStack() as stack:
            tasks = [asyncio.create_task(enter(room, size)) for size, _ in bodies]
            await stack.enter_async_context(room.room(50))
            for task, (_, cancel) in zip(tasks, bodies, strict=True):
                if cancel:
                    task.cancel()
            await settle()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert room._free == 100
        assert not room._waiting
        assert not room._one_large.locked()

    asyncio.run(run())
