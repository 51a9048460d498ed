"""How many of a lane may be in flight: few at first, more while it answers quickly, fewer else."""

import pytest

from pillarbox.model.queued import BOUNCED, DELIVERED, QUEUED, Claim, Settlement
from pillarbox.queue.held_claims import HeldClaims
from pillarbox.queue.lane_pace import HANGING_MS, LEAST, SLOW_MS, START, LanePace

NOW = 1_800_000_000_000


def claim(number=0, lane="x.org a", size=10):
    return Claim(
        message_id=number.to_bytes(16),
        position=0,
        account_id="a",
        address="u@x.org",
        lane=lane,
        size=size,
        attempts=0,
        token=b"t",
        lease_until=0,
    )


def settled(state, lane="x.org a", **values):
    return Settlement(
        claim=claim(lane=lane),
        state=state,
        due_at=values.pop("due_at", 0),
        reply="",
        settled_at=NOW,
        event=None,
        **values,
    )


@pytest.mark.parametrize(
    ("took", "cap"),
    [
        ([], START),
        ([SLOW_MS - 1], 2 * START),
        ([0] * 9, 32),
        ([SLOW_MS], START),
        ([HANGING_MS], START // 2),
        ([HANGING_MS] * 9, LEAST),
        ([*[0] * 9, HANGING_MS], 16),
    ],
    ids=["unknown", "quick", "quick-for-long", "slow", "hanging", "hanging-for-long", "turned"],
)
def test_the_cap_follows_how_long_attempts_take(took, cap):
    pace = LanePace(32)
    for milliseconds in took:
        pace.finished("x.org a", milliseconds)
    assert pace.cap("x.org a") == cap


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_cap_is_above_the_most_or_below_one(most):
    pace = LanePace(most)
    assert pace.start == most
    for _ in range(5):
        pace.finished("x.org a", HANGING_MS)
    assert 1 <= pace.cap("x.org a") <= most
    for _ in range(5):
        pace.finished("x.org a", 0)
    assert pace.cap("x.org a") == most


def test_a_lane_whose_destination_takes_no_more_now_is_left_alone_until_then():
    pace = LanePace(32)
    pace.settled(settled(QUEUED, attempted=False, due_at=NOW + 700), NOW)
    assert pace.paused(NOW) == {"x.org a": NOW + 700}
    assert pace.paused(NOW + 700) == {}


def test_unreachable_lanes_take_turns_that_are_the_rarer_the_more_there_are():
    pace = LanePace(32)
    for number in range(100):
        pace.settled(settled(QUEUED, f"x{number}.org a", unreachable=True), NOW)
    rests = {lane: until - NOW for lane, until in pace.paused(NOW).items()}
    assert rests["x0.org a"] == 250
    assert rests["x99.org a"] == 51 * 250


@pytest.mark.parametrize("state", [DELIVERED, BOUNCED])
def test_a_lane_that_was_reached_counts_as_reachable(state):
    pace = LanePace(32)
    for number in range(4):
        pace.settled(settled(QUEUED, f"x{number}.org a", unreachable=True), NOW)
        pace.settled(settled(state, f"x{number}.org a"), NOW)
    pace.settled(settled(QUEUED, "y.org a", unreachable=True), NOW)
    assert pace.paused(NOW)["y.org a"] == NOW + 250


def test_what_is_slow_leaves_its_room_to_others_up_to_as_much_again():
    held = HeldClaims()
    for number in range(10):
        held.hold(claim(number), NOW)
    assert held.room(10, 1000, NOW) == (0, 900)
    assert held.slow_lanes() == set()
    assert held.room(10, 1000, NOW + SLOW_MS) == (10, 1000)
    assert held.slow_lanes() == {"x.org a"}
    for number in range(10, 20):
        held.hold(claim(number), NOW + SLOW_MS)
    assert held.room(10, 1000, NOW + 2 * SLOW_MS) == (0, 1000)


def test_what_is_let_go_gives_its_room_back_and_tells_how_long_it_was_held():
    held = HeldClaims()
    held.hold(claim(1, size=600), NOW)
    held.hold(claim(2, size=300), NOW + 500)
    assert held.room(10, 1000, NOW + SLOW_MS) == (9, 700)
    assert held.let_go(claim(1, size=600), NOW + 5000) == 5000
    assert held.let_go(claim(2, size=300), NOW + 600) == 100
    assert held.let_go(claim(2, size=300), NOW + 600) is None
    assert held.room(10, 1000, NOW + 600) == (10, 1000)
    assert (len(held), held.slow_lanes(), dict(held.by_lane)) == (0, set(), {})


def test_a_lane_that_can_not_be_reached_does_not_have_more_for_failing_quickly():
    pace = LanePace(32)
    for _ in range(9):
        pace.settled(settled(QUEUED, unreachable=True), NOW)
        pace.finished("x.org a", 0)
    assert pace.cap("x.org a") == 2 * START
