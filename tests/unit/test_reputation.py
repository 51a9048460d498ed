"""What stands for somebody's mail, and how an account is judged by it: tables of both."""

import pytest

from pillarbox.model.enforcement import (
    HEALTHY,
    PROBATION,
    SHUTDOWN,
    Thresholds,
    judge,
)
from pillarbox.model.reputation import HOUR_MS, Representative, Volume, hour_of, representative

NOW = 1_800_000_000_000
HOUR = hour_of(NOW)
LIMITS = Thresholds()


def ago(hours: int) -> int:
    return HOUR - hours * HOUR_MS


@pytest.mark.parametrize(
    ("hours", "least", "since", "volume", "enough"),
    [
        ([], 10, NOW, Volume(), False),
        ([(ago(0), Volume(9, 1, 0))], 10, ago(0), Volume(9, 1, 0), False),
        ([(ago(0), Volume(10))], 10, ago(0), Volume(10), True),
        # Newest first, whatever their order, and no more than is needed.
        ([(ago(5), Volume(10, 10)), (ago(1), Volume(10))], 10, ago(1), Volume(10), True),
        ([(ago(5), Volume(8, 1)), (ago(1), Volume(4, 0, 1))], 10, ago(5), Volume(12, 1, 1), True),
        # Who sends a lot is looked at over a week's worth of it: 7/30 of 3000 are 700.
        (
            [(ago(n), Volume(100, n)) for n in range(30)],
            10,
            ago(6),
            Volume(700, sum(range(7))),
            True,
        ),
    ],
    ids=["nothing", "too-little", "enough", "newest", "both", "a-week"],
)
def test_the_newest_mail_stands_for_all(hours, least, since, volume, enough):
    assert representative(hours, least=least, now=NOW) == Representative(since, volume, enough)


@pytest.mark.parametrize(
    ("status", "volume", "enough", "then"),
    [
        (HEALTHY, Volume(1000, 49, 0), True, HEALTHY),
        (HEALTHY, Volume(1000, 50, 0), True, PROBATION),
        (HEALTHY, Volume(1000, 99, 0), True, PROBATION),
        (HEALTHY, Volume(1000, 100, 0), True, SHUTDOWN),
        (HEALTHY, Volume(10_000, 0, 9), True, HEALTHY),
        (HEALTHY, Volume(10_000, 0, 10), True, PROBATION),
        (HEALTHY, Volume(10_000, 0, 49), True, PROBATION),
        (HEALTHY, Volume(10_000, 0, 50), True, SHUTDOWN),
        # One or two complaints are an accident, whatever share they are.
        (HEALTHY, Volume(1000, 0, 2), True, HEALTHY),
        (HEALTHY, Volume(1000, 0, 3), True, PROBATION),
        # Too little mail judges nobody.
        (HEALTHY, Volume(999, 999, 999), False, HEALTHY),
        (PROBATION, Volume(999, 999, 999), False, HEALTHY),
        # A review ends by itself, well below where it began; pausing does not.
        (PROBATION, Volume(1000, 50, 0), True, PROBATION),
        (PROBATION, Volume(1000, 40, 0), True, PROBATION),
        (PROBATION, Volume(1000, 39, 0), True, HEALTHY),
        (PROBATION, Volume(10_000, 0, 8), True, PROBATION),
        (PROBATION, Volume(10_000, 0, 7), True, HEALTHY),
        (PROBATION, Volume(1000, 100, 0), True, SHUTDOWN),
        (SHUTDOWN, Volume(1000, 0, 0), True, SHUTDOWN),
        (SHUTDOWN, Volume(0, 0, 0), False, SHUTDOWN),
    ],
    ids=str,
)
def test_an_account_is_judged_by_both_rates(status, volume, enough, then):
    assert judge(status, Representative(NOW, volume, enough), LIMITS).status == then


def test_a_judgement_says_why():
    seen = Representative(NOW, Volume(1000, 62, 0), enough=True)
    assert judge(HEALTHY, seen, LIMITS).reason == (
        "62 of 1000 recipients bounced (6.20%); the limit is 5.00%"
    )


def test_nothing_sent_has_no_rate():
    assert (Volume().bounce_rate, Volume(0, 5, 5).complaint_rate) == (0.0, 0.0)


def test_no_rate_is_more_than_all():
    assert Volume(1, 2, 0).bounce_rate == 1.0
