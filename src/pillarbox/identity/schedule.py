"""When a domain's records are looked up, and what the findings make of its state (facts §7). Pure.

PENDING for up to 72 hours, then FAILED, which looks no more. Once SUCCESS, a check each hour;
records that have gone make it TEMPORARY_FAILURE, which still sends, and after 72 hours FAILED. The
link in an address's verification mail holds for 24 hours; then it has FAILED.
"""

from dataclasses import dataclass

from pillarbox.model.verification import FAILED, PENDING, SUCCESS, TEMPORARY_FAILURE

LIMIT_MS = 72 * 3600 * 1000
STEADY_MS = 3600 * 1000
#: Seconds between the first checks; the last one repeats.
GROWING_S = (1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckState:
    """Where a verification stands. `started_at`: when the 72 hours began."""

    status: str
    started_at: int
    checks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check makes of it; `next_check_at` None: no more checks."""

    status: str
    started_at: int
    checks: int
    next_check_at: int | None


def judge(
    state: CheckState, *, found: bool, trouble: bool, now: int, refused: bool = False
) -> Verdict:
    """Decide after a check.

    `trouble`: DNS gave no usable answer, which says nothing either way, but what is PENDING does
    not wait for it beyond the 72 hours. `refused`: what was found can't be accepted, and what is
    PENDING waits no longer.
    """
    if found:
        return _verdict(SUCCESS, now, 0, now + STEADY_MS)
    over = now - state.started_at >= LIMIT_MS
    if trouble and not (over and state.status == PENDING):
        return _verdict(
            state.status, state.started_at, state.checks + 1, now + _delay(state.checks)
        )
    if state.status == SUCCESS:
        return _verdict(TEMPORARY_FAILURE, now, 0, now + _delay(0))
    if over or (refused and state.status == PENDING):
        return _verdict(FAILED, state.started_at, state.checks + 1, None)
    return _verdict(state.status, state.started_at, state.checks + 1, now + _delay(state.checks))


def _verdict(status: str, started_at: int, checks: int, next_check_at: int | None) -> Verdict:
    return Verdict(status=status, started_at=started_at, checks=checks, next_check_at=next_check_at)


def _delay(checks: int) -> int:
    return GROWING_S[min(checks, len(GROWING_S) - 1)] * 1000
