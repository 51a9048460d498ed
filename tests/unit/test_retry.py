"""Retries: growing delays that end at the deadline, and few DeliveryDelay events."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.outcome import OwnDelay, Reply
from pillarbox.queue.retry import delay_ms, expired_reply, next_attempt

BUSY = Reply(451, "4.3.0 later", "4.3.0")
JITTERS = st.floats(0, 1)
MINUTE = 60_000


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (1000, 60)],
)
def test_each_delay_is_twice_the_last_up_to_an_hour(attempts, minutes):
    assert delay_ms(attempts, 0.5) == minutes * MINUTE


@given(st.integers(1, 10_000), JITTERS)
def test_a_delay_varies_by_a_fifth_at_most(attempts, jitter):
    middle = delay_ms(attempts, 0.5)
    assert 0.8 * middle - 1 <= delay_ms(attempts, jitter) <= 1.2 * middle + 1


@given(st.integers(1, 1000), st.integers(0, 10**14), st.integers(1, 10**9), JITTERS)
def test_the_next_attempt_lies_ahead_and_not_behind_the_deadline(attempts, now, left, jitter):
    again = next_attempt(attempts=attempts, deadline=now + left, now=now, jitter=jitter, reply=BUSY)
    assert again is not None
    assert now < again.due_at <= now + left


@given(st.integers(1, 1000), st.integers(0, 10**14), st.integers(0, 10**9), JITTERS)
def test_at_the_deadline_nothing_is_tried_again(attempts, now, late, jitter):
    assert (
        next_attempt(attempts=attempts, deadline=now - late, now=now, jitter=jitter, reply=BUSY)
        is None
    )


@given(st.integers(300, 50_400), st.lists(JITTERS, min_size=1, max_size=10))
def test_a_message_is_tried_at_its_deadline_and_then_given_up(seconds, jitters):
    deadline, now, attempts = seconds * 1000, 0, 1
    while again := next_attempt(
        attempts=attempts,
        deadline=deadline,
        now=now,
        jitter=jitters[attempts % len(jitters)],
        reply=BUSY,
    ):
        now, attempts = again.due_at, attempts + 1
    assert now == deadline
    assert attempts < 35


def test_a_delay_is_told_at_the_second_failure_and_each_doubling():
    told = [
        attempts
        for attempts in range(1, 40)
        if next_attempt(attempts=attempts, deadline=10**9, now=0, jitter=0.5, reply=BUSY).delay_type
    ]
    assert told == [2, 4, 8, 16, 32]


OURS = OwnDelay(at_most_ms=5 * MINUTE)


@given(st.integers(1, 40), JITTERS)
def test_what_we_hold_back_ourselves_is_looked_at_again_in_time(attempts, jitter):
    known = {"attempts": attempts, "deadline": 10**9, "now": 0, "jitter": jitter, "reply": BUSY}
    again = next_attempt(**known, own_delay=OURS)
    assert again.due_at <= min(5 * MINUTE, next_attempt(**known).due_at)
    assert again.due_at >= min(0.8 * MINUTE, 0.8 * OURS.at_most_ms)


@pytest.mark.parametrize(("ours", "told"), [(OURS, [2, 4, 8]), (replace(OURS, counts=False), [])])
def test_what_we_hold_back_is_told_as_a_deferral_of_ours_where_it_counts(ours, told):
    kinds = {
        attempts: next_attempt(
            attempts=attempts, deadline=10**9, now=0, jitter=0.5, reply=BUSY, own_delay=ours
        ).delay_type
        for attempts in range(1, 12)
    }
    assert {n: kind for n, kind in kinds.items() if kind} == dict.fromkeys(told, "SendingDeferral")


def test_the_bounce_of_an_expired_message_says_how_long_and_why():
    assert str(expired_reply(1000, 1000 + 840 * MINUTE, BUSY)) == (
        "554 4.4.7 Message expired: unable to deliver in 840 minutes.<451 4.3.0 later>"
    )
