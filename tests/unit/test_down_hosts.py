"""Hosts that can't be reached: left alone for a while, asked by one message at a time."""

import pytest

from pillarbox.deliver.connection import Endpoint
from pillarbox.deliver.down_hosts import LET_US_WAIT_S, LONGEST_S, REFUSED_S, DownHosts
from pillarbox.model.outcome import Deferred, Failed, Reply
from pillarbox.proto.smtp.events import Tls

HOST = Endpoint("mx.x.org", "192.0.2.1", 25, Tls.OFFERED, "me.test")
TIMED_OUT = Deferred(Reply(421, "4.4.1 Connection timed out", "4.4.1"))


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def down(took_s=30.0, failures=2):
    clock = Clock()
    hosts = DownHosts(clock)
    for _ in range(failures):
        hosts.learn(HOST, TIMED_OUT, took_s)
    return hosts, clock


def test_one_failure_is_no_reason_to_leave_a_host_alone():
    hosts, _ = down(failures=1)
    assert hosts.refusal(HOST, 90) is None


def test_a_host_that_is_down_answers_at_once_and_says_why():
    hosts, _ = down()
    outcome = hosts.refusal(HOST, 90).refused.outcome
    assert outcome.reply == Reply(
        421, "4.4.1 Not tried again so soon: Connection timed out", "4.4.1"
    )
    assert outcome.own_delay is None  # it counts as an attempt: the message's time runs
    assert outcome.attempt.address == "192.0.2.1"


@pytest.mark.parametrize(("took_s", "pause"), [(30.0, LET_US_WAIT_S), (0.01, REFUSED_S)])
def test_after_a_while_one_message_finds_out_and_the_others_go_on(took_s, pause):
    hosts, clock = down(took_s)
    clock.now += pause - 0.1
    assert hosts.refusal(HOST, 90) is not None
    clock.now += 0.2
    assert hosts.refusal(HOST, 90) is None
    assert hosts.refusal(HOST, 90) is not None
    clock.now += 90
    assert hosts.refusal(HOST, 90) is None  # who was to find out never told


def test_what_is_forgotten_is_tried_again():
    hosts, _ = down()
    hosts.forget()
    assert hosts.refusal(HOST, 90) is None
    assert not hosts.is_down(HOST)


def test_each_further_failure_doubles_the_pause_up_to_ten_minutes():
    hosts, clock = down()
    pauses = []
    for _ in range(6):
        begun = clock.now
        while hosts.refusal(HOST, 90) is not None:
            clock.now += 10
        pauses.append(clock.now - begun)
        hosts.learn(HOST, TIMED_OUT, 30)
    assert pauses == [60, 120, 240, 480, LONGEST_S, LONGEST_S]


def test_failures_of_attempts_that_were_under_way_count_once():
    hosts, clock = down()
    for _ in range(30):
        hosts.learn(HOST, TIMED_OUT, 30)
    clock.now += LET_US_WAIT_S
    assert hosts.refusal(HOST, 90) is None


@pytest.mark.parametrize(
    "outcome",
    [None, Failed(Reply(554, "no", None)), Deferred(Reply(421, "4.7.0 too many", "4.7.0"))],
    ids=["opened", "refused", "busy"],
)
def test_a_host_that_says_anything_is_not_down(outcome):
    hosts, _ = down()
    hosts.learn(HOST, outcome, 0.1)
    assert hosts.refusal(HOST, 90) is None
    assert not hosts.is_down(HOST)
