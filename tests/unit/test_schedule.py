"""When a domain's records are looked up: it never gets stuck, and gives up only when FAILED."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pillarbox.identity.schedule import LIMIT_MS, STEADY_MS, CheckState, Verdict, judge
from pillarbox.model.verification import FAILED, PENDING, SUCCESS, TEMPORARY_FAILURE

NOW = 1_800_000_000_000
HOUR = 3_600_000


def check(status, age=0, checks=0, *, found=False, trouble=False, refused=False) -> Verdict:
    state = CheckState(status=status, started_at=NOW - age, checks=checks)
    return judge(state, found=found, trouble=trouble, refused=refused, now=NOW)


@pytest.mark.parametrize("status", [PENDING, SUCCESS, TEMPORARY_FAILURE, FAILED])
@pytest.mark.parametrize("age", [0, LIMIT_MS, 10 * LIMIT_MS])
def test_records_that_are_there_make_success_and_a_check_an_hour_later(status, age):
    verdict = check(status, age, checks=7, found=True)
    assert verdict == Verdict(
        status=SUCCESS, started_at=NOW, checks=0, next_check_at=NOW + STEADY_MS
    )


@pytest.mark.parametrize(
    ("status", "age", "after"),
    [
        (PENDING, 0, PENDING),
        (PENDING, LIMIT_MS - 1, PENDING),
        (PENDING, LIMIT_MS, FAILED),
        (SUCCESS, 0, TEMPORARY_FAILURE),
        (SUCCESS, 10 * LIMIT_MS, TEMPORARY_FAILURE),
        (TEMPORARY_FAILURE, LIMIT_MS - 1, TEMPORARY_FAILURE),
        (TEMPORARY_FAILURE, LIMIT_MS, FAILED),
    ],
)
def test_records_that_are_missing_fail_after_72_hours(status, age, after):
    verdict = check(status, age)
    assert verdict.status == after
    assert (verdict.next_check_at is None) is (after == FAILED)


def test_the_72_hours_begin_anew_when_records_have_gone():
    verdict = check(SUCCESS, age=HOUR)
    assert (verdict.started_at, verdict.checks) == (NOW, 0)
    assert verdict.next_check_at == NOW + 1000


@pytest.mark.parametrize("status", [PENDING, SUCCESS, TEMPORARY_FAILURE])
@pytest.mark.parametrize("age", [0, LIMIT_MS - 1, LIMIT_MS, 10 * LIMIT_MS])
def test_trouble_with_dns_says_nothing_but_keeps_nothing_pending_beyond_72_hours(status, age):
    verdict = check(status, age, trouble=True)
    if status == PENDING and age >= LIMIT_MS:
        assert (verdict.status, verdict.next_check_at) == (FAILED, None)
        return
    assert (verdict.status, verdict.started_at) == (status, NOW - age)
    assert verdict.next_check_at > NOW


@pytest.mark.parametrize(
    ("status", "after"),
    [
        (PENDING, FAILED),
        (SUCCESS, TEMPORARY_FAILURE),
        (TEMPORARY_FAILURE, TEMPORARY_FAILURE),
    ],
)
def test_what_can_not_be_accepted_fails_at_once_unless_it_was_good_before(status, after):
    assert check(status, refused=True).status == after


def test_the_first_checks_follow_quickly_and_later_ones_hourly():
    delays = [check(PENDING, checks=checks).next_check_at - NOW for checks in range(40)]
    assert delays[:4] == [1000, 2000, 3000, 5000]
    assert delays == sorted(delays)
    assert delays[-1] == HOUR


class Verification(RuleBasedStateMachine):
    """A domain whose records come, go, and can't be asked for, checked whenever it is due."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.at = Verdict(status=PENDING, started_at=NOW, checks=0, next_check_at=NOW)
        self.missing_since: int | None = None

    @rule(
        seen=st.sampled_from(["found", "missing", "trouble"]),
        late=st.integers(0, 2 * HOUR),
        times=st.integers(1, 30),
    )
    def check(self, seen: str, late: int, times: int) -> None:
        for _ in range(times):
            if self.at.next_check_at is None:
                return
            self.now = self.at.next_check_at + late
            before = self.at
            state = CheckState(
                status=before.status, started_at=before.started_at, checks=before.checks
            )
            self.at = judge(state, found=seen == "found", trouble=seen == "trouble", now=self.now)
            if before.status == SUCCESS and seen == "missing":
                self.missing_since = self.now
            elif self.at.status == SUCCESS:
                self.missing_since = None

    @invariant()
    def only_what_failed_is_looked_up_no_more(self) -> None:
        assert (self.at.next_check_at is None) == (self.at.status == FAILED)

    @invariant()
    def the_next_check_comes_within_an_hour(self) -> None:
        if self.at.next_check_at is not None:
            assert self.at.next_check_at - self.now <= HOUR

    @invariant()
    def it_fails_only_after_72_hours_without_records(self) -> None:
        since = NOW if self.missing_since is None else self.missing_since
        assert self.at.status != FAILED or self.now - since >= LIMIT_MS

    @invariant()
    def it_is_not_pending_after_a_check_beyond_72_hours(self) -> None:
        assert self.at.status != PENDING or self.now - NOW < LIMIT_MS

    @invariant()
    def the_72_hours_never_begin_in_the_future(self) -> None:
        assert self.at.started_at <= self.now


Verification.TestCase.settings = settings(max_examples=50, stateful_step_count=20)
test_a_verification_never_gets_stuck = Verification.TestCase
