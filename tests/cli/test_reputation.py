"""`pillarbox reputation`: rates, thresholds, status and why."""

import pytest

from pillarbox.base.clock import now_ms
from pillarbox.model.reputation import Tally, Volume
from pillarbox.store.coming_back.reputation import add_tallies

ACCOUNT = "123456789012"


@pytest.fixture
def sent(kept):
    """Something became of the default account's mail."""
    tally = Tally(
        account_id=ACCOUNT,
        configuration_set=None,
        sending_domain="example.com",
        sent_from="192.0.2.7",
        accepted_at=now_ms(),
        volume=Volume(2000, 150, 1),
    )
    kept.read(lambda conn: add_tallies(conn, [tally]))


def test_who_sent_nothing_has_no_rates(run):
    shown = run("reputation").out
    assert f"{ACCOUNT}  default  active  HEALTHY\n  no recipients to count\n" in shown


def test_rates_are_shown_with_what_they_are_held_against(run, sent):
    shown = run("reputation", "--account", ACCOUNT).out
    assert "150 bounced (7.50%), 1 complained (0.05%)" in shown
    assert "review from 5.00% bounces or 0.10% complaints, pause from 10.00% or 0.50%\n" in shown
    assert "domain example.com: 2000 recipients" in shown
    assert "ip 192.0.2.7: 2000 recipients" in shown


def test_programs_read_json(run, sent):
    (found,) = run("reputation", "--json").json
    assert (found["account"], found["enforcement"], found["enforced"]) == (ACCOUNT, "HEALTHY", True)
    assert (found["sent"], found["bounce_rate"], found["complaint_rate"]) == (2000, 0.075, 0.0005)
    assert found["thresholds"]["pause_bounce_rate"] == 0.1
    assert [(one["scope"], one["name"]) for one in found["parts"]] == [
        ("domain", "example.com"),
        ("ip", "192.0.2.7"),
    ]


def test_what_is_switched_off_is_said(run):
    shown = run("reputation", environ={"PILLARBOX_REPUTATION_ENFORCE": "false"}).out
    assert "nothing follows: [reputation] enforce is off" in shown


def test_a_threshold_is_a_share(run):
    ran = run("reputation", environ={"PILLARBOX_REPUTATION_PAUSE_BOUNCE_RATE": "10"})
    assert ran.code == 1
    assert "reputation.pause_bounce_rate must be a share between 0 and 1" in ran.err


def test_an_unknown_account_is_an_error(run):
    ran = run("reputation", "--account", "000000000000")
    assert (ran.code, "does not exist" in ran.err) == (1, True)
