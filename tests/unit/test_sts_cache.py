"""A policy that was fetched holds for its time, whatever DNS and web servers say meanwhile."""

import pytest

from pillarbox.deliver.sts_cache import DAY_MS, KnownPolicy, in_force, next_step
from pillarbox.proto.dns.mta_sts import StsPolicy

LONG = KnownPolicy(StsPolicy("enforce", ("mx.a.example",), 10 * 86_400), "1", 0)
SHORT = KnownPolicy(StsPolicy("enforce", ("mx.a.example",), 60), "1", 0)


@pytest.mark.parametrize(
    ("known", "announced", "now", "step"),
    [
        (None, None, 0, "use"),
        (None, "1", 0, "fetch"),
        (LONG, "1", 0, "use"),
        (LONG, "1", DAY_MS - 1, "use"),
        (LONG, "1", DAY_MS, "refresh"),
        (LONG, "2", 0, "fetch"),
        (LONG, None, 5 * DAY_MS, "use"),
        (LONG, "1", 10 * DAY_MS, "fetch"),
        (LONG, None, 10 * DAY_MS, "use"),
        (SHORT, "1", 29_999, "use"),
        (SHORT, "1", 30_000, "refresh"),
        (SHORT, "1", 60_000, "fetch"),
    ],
)
def test_what_is_known_and_announced_decides_whether_to_fetch(known, announced, now, step):
    assert next_step(known, announced, now) == step


@pytest.mark.parametrize(
    ("mode", "now", "holds"),
    [
        ("enforce", 59_999, True),
        ("testing", 59_999, True),
        ("none", 0, False),
        ("enforce", 60_000, False),
    ],
)
def test_a_policy_holds_until_its_time_is_over(mode, now, holds):
    known = KnownPolicy(StsPolicy(mode, ("mx.a.example",), 60), "1", 0)
    assert (in_force(known, now) is not None) is holds
    assert in_force(None, now) is None
