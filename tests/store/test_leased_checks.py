"""Checks that one worker makes for all: what fails is told, and takes nothing from the others."""

import asyncio

import pytest

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.identity import leased_checks
from pillarbox.identity.leased_checks import LeasedChecks
from tests.peers.wait import ARRIVAL_SECONDS
from tests.store.rows import NOW


class Broken(Exception):
    """What a bug raises."""


def checks(store, due, check, owner="node/0"):
    return LeasedChecks("checks", store, owner, due=due, check=check, key=str, clock=lambda: NOW)


async def test_one_that_fails_keeps_no_other_from_being_checked(store):
    checked = []

    async def check(name):
        checked.append(name)
        if name == "b":
            raise Broken

    with pytest.raises(Broken):
        await checks(store, lambda *_: ["a", "b", "c"], check).turn()
    assert sorted(checked) == ["a", "b", "c"]


async def test_nothing_due_takes_no_lease(store):
    async def check(name):
        raise Broken(name)

    await checks(store, lambda *_: [], check).turn()
    other = []

    async def note(name):
        other.append(name)

    await checks(store, lambda *_: ["x"], note, owner="node/1").turn()
    assert other == ["x"]


@pytest.mark.parametrize(
    ("error", "words"), [(ServiceUnavailable(), "does not answer"), (Broken(), "have failed")]
)
async def test_the_loop_outlives_a_failure_and_says_so(store, monkeypatch, caplog, error, words):
    answers = iter([error, ["x"]])
    checked = asyncio.Event()

    def due(*_):
        answer = next(answers, [])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def check(_name):
        checked.set()

    monkeypatch.setattr(leased_checks, "POLL_SECONDS", 0)
    monkeypatch.setattr(leased_checks, "FAILURE_SECONDS", 0)
    running = asyncio.create_task(checks(store, due, check).run())
    await checked.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert words in caplog.text


async def test_one_that_waits_keeps_no_other_waiting(store):
    never, reached = asyncio.Event(), asyncio.Event()
    answers = iter([["hanging"], ["hanging", "quick"]])

    async def check(name):
        await never.wait() if name == "hanging" else reached.set()

    loop = checks(store, lambda *_: next(answers, []), check)
    first = asyncio.create_task(loop.turn())
    second = asyncio.create_task(loop.turn())
    await asyncio.wait_for(reached.wait(), ARRIVAL_SECONDS)
    never.set()
    await asyncio.gather(first, second)
