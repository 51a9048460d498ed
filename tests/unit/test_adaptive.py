"""What hosts say of too much, and what becomes of their limits: halved at once, grown slowly."""

import pytest

from pillarbox.deliver.adaptive import (
    FLOOR,
    GROW_EVERY_MS,
    ONE_SIGN_MS,
    GroupState,
    grown,
    shrunk,
    sign_of,
)
from pillarbox.deliver.groups import load_groups
from pillarbox.deliver.shaping import Shaping
from pillarbox.model.outcome import Deferred, Delivered, Failed, OwnDelay, Reply

NOW = 1_800_000_000_000

SIGNS = [
    ("421 4.7.28 Gmail has detected an unusual rate of unsolicited mail", True),
    ("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to complaints", True),
    ("421 4.3.2 Service not available", True),
    ("450 4.7.0 Temporarily rate limited due to IP reputation", True),
    ("451 4.7.500 Server busy. Please try again later from [192.0.2.1]", True),
    ("452 4.2.1 Too many concurrent connections from your IP", True),
    ("450 4.2.1 The user you are trying to contact is receiving mail too quickly", False),
    ("451 Message rate limit exceeded", True),
    ("451 4.3.0 MI:CEL exceeded connection limit", True),
    ("450 4.2.0 Greylisted for 300 seconds", False),
    ("450 4.7.1 Greylisted, come again in 5 minutes", False),
    ("452 4.2.2 Mailbox full", False),
    ("451 4.3.0 Local problem", False),
]


def deferred(text):
    code, _, rest = text.partition(" ")
    first = rest.partition(" ")[0]
    return Deferred(Reply(int(code), rest, first if first.count(".") == 2 else None))


@pytest.mark.parametrize(("text", "sign"), SIGNS, ids=[str(n) for n in range(len(SIGNS))])
def test_a_reply_is_a_sign_of_too_much_or_not(text, sign):
    assert sign_of(deferred(text)) == (text if sign else None)


@pytest.mark.parametrize(
    "outcome",
    [
        Delivered(Reply(250, "ok, but too many connections")),
        Failed(Reply(550, "5.7.1 too many bad recipients", "5.7.1")),
        Deferred(Reply(421, "4.4.5 in use", "4.4.5"), own_delay=OwnDelay(1000)),
    ],
    ids=["taken", "refused", "ours"],
)
def test_only_what_a_host_puts_off_is_a_sign(outcome):
    assert sign_of(outcome) is None


def test_many_complaints_at_one_moment_are_one():
    state = GroupState("google")
    for ms in (0, 1, ONE_SIGN_MS - 1, ONE_SIGN_MS):
        state = shrunk(state, "421 busy", NOW + ms)
    assert (state.factor, state.shrunk_at) == (0.25, NOW + ONE_SIGN_MS)


def test_the_factor_has_a_floor_and_a_ceiling():
    state = GroupState("google")
    for number in range(20):
        state = shrunk(state, "421 busy", NOW + number * ONE_SIGN_MS)
    assert state.factor == FLOOR
    for number in range(30):
        state = grown(state, NOW + 10**6 + number * GROW_EVERY_MS)
    assert (state.factor, state.why) == (1.0, "421 busy")


def test_a_minute_without_a_complaint_gives_a_tenth_back():
    state = shrunk(GroupState("google"), "421 busy", NOW)
    assert grown(state, NOW + GROW_EVERY_MS - 1) is state
    state = grown(state, NOW + GROW_EVERY_MS)
    assert state.factor == pytest.approx(0.6)
    assert grown(state, NOW + GROW_EVERY_MS + 1) is state


class Clock:
    now = NOW

    def __call__(self):
        return self.now


TIMED_OUT = deferred("421 4.4.2 Connection timed out")


def test_a_time_out_is_a_sign_where_mail_was_taken_before():
    shaping = Shaping(load_groups(10), clock=Clock())
    google = shaping.groups.named("google")
    shaping.learn(google, TIMED_OUT, spoken_to=False)
    assert shaping.factor(google) == 1.0
    shaping.learn(google, Delivered(Reply(250, "ok")))
    shaping.learn(google, TIMED_OUT, spoken_to=False)
    assert shaping.factor(google) == 0.5
    assert [(one.name, one.sign) for one in shaping.take_learned()] == [
        ("google", "421 4.4.2 Connection timed out")
    ]
    assert shaping.take_learned() == []


def test_limits_follow_the_factor_and_one_connection_is_left():
    shaping = Shaping(load_groups(10), clock=Clock())
    google, other = shaping.groups.named("google"), shaping.groups.named("x.org")
    assert (shaping.allowed(google, 0, 5), shaping.allowed(other, 0, 5)) == (20, 10)
    shaping.tell([GroupState("google", 0.25), GroupState("x.org", FLOOR)])
    assert (shaping.allowed(google, 0, 5), shaping.allowed(other, 0, 5)) == (5, 1)
