"""Accounts are judged once a minute: status, mail to the operator, what the operator decides."""

import pytest
from sqlalchemy import func, select

from pillarbox.accept.prepare import Stamp
from pillarbox.base.errors import AccountSuspended, BadRequest, SendingPaused
from pillarbox.manage.account import get_account, put_sending
from pillarbox.manage.people.accounts import set_account
from pillarbox.manage.reputation.enforcement import Enforcement, change_status
from pillarbox.manage.reputation.mail import EnforcementMails
from pillarbox.manage.reputation.rates import (
    account_reputation,
    address_totals,
    rates_over_time,
)
from pillarbox.model.enforcement import HEALTHY, PROBATION, SHUTDOWN, Judgement, Thresholds
from pillarbox.model.reputation import HOUR_MS, SPAN_MS, Scope, Tally, Volume, hour_of
from pillarbox.store.coming_back.reputation import add_tallies
from pillarbox.store.leases import take_lease
from pillarbox.store.mail.messages import read_contents
from pillarbox.store.people.accounts import find_account
from pillarbox.store.tables import accounts, messages, reputation_counts
from tests.store.accepting import mail
from tests.store.rows import ACCOUNT, NOW, add_account, add_configuration_set

HOUR = hour_of(NOW)
OPERATOR = "operator@example.net"
LIMITS = Thresholds(least=100)
OTHER = "999999999999"


class Judge:
    """The enforcement of one worker, with its clock and what it shows."""

    def __init__(self, store, *, enforce=True, to=OPERATOR, owner="node/0") -> None:
        self.now = NOW
        self.shown: list = []
        mails = EnforcementMails(
            service="mail.test",
            to=to,
            stamp=lambda now: Stamp.make(now, "us-east-1", "email.mail.test", "boundary"),
            signing=("mail.test", "key"),
        )
        self.loop = Enforcement(
            store,
            owner,
            limits=LIMITS,
            enforce=enforce,
            mails=mails,
            show=self.show,
            clock=lambda: self.now,
        )

    def show(self, gauges) -> None:
        self.shown = list(gauges)

    async def turn(self) -> None:
        self.now += 60_000
        await self.loop.turn()


@pytest.fixture
def judge(world):
    return Judge(world.store)


def count(world, volume, *, at=NOW, account=ACCOUNT, **parts):
    tally = {"configuration_set": None, "sending_domain": "example.com", "sent_from": None}
    with world.store.transaction() as conn:
        add_tallies(
            conn,
            [Tally(account_id=account, accepted_at=at, volume=volume, **(tally | parts))],
        )


def account_of(world, account_id=ACCOUNT):
    with world.store.transaction() as conn:
        return find_account(conn, account_id)


def letters(world) -> list[str]:
    """The service's own mails so far, in order."""
    with world.store.transaction() as conn:
        ids = list(conn.execute(select(messages.c.id).order_by(messages.c.id)).scalars())
        found = read_contents(conn, ids)
    return [found[one].decode() for one in ids]


async def test_an_account_goes_through_the_statuses_and_the_operator_is_told(world, judge):
    await judge.turn()
    assert (account_of(world).enforcement, letters(world)) == (HEALTHY, [])
    count(world, Volume(1000, 60, 0))
    await judge.turn()
    found = account_of(world)
    assert (found.enforcement, found.enforcement_since) == (PROBATION, judge.now)
    assert found.enforcement_reason == "60 of 1000 recipients bounced (6.00%); the limit is 5.00%"
    await judge.turn()
    (told,) = letters(world)
    assert f"To: {OPERATOR}\r\n" in told
    assert f"Subject: Account {ACCOUNT} is under review" in told
    assert "60 of 1000" in told.replace("=\r\n", "")
    world.message(mail())  # under review it goes on sending
    count(world, Volume(1000, 300, 0))
    await judge.turn()
    assert account_of(world).enforcement == SHUTDOWN
    assert isinstance(world.refused(mail()), SendingPaused)
    assert "was stopped" in letters(world)[-1]


async def test_a_review_ends_by_itself_and_a_stop_does_not(world, judge):
    count(world, Volume(100, 6, 0))
    await judge.turn()
    assert account_of(world).enforcement == PROBATION
    count(world, Volume(9900, 6, 0))
    await judge.turn()
    assert account_of(world).enforcement == HEALTHY
    assert "is out of review" in letters(world)[-1]
    count(world, Volume(0, 9000, 0))
    await judge.turn()
    judge.now += 2 * SPAN_MS
    await judge.turn()
    assert account_of(world).enforcement == SHUTDOWN


async def test_who_is_restored_begins_anew(world, judge):
    count(world, Volume(1000, 900, 0))
    await judge.turn()
    with world.store.transaction() as conn:
        set_account(conn, ACCOUNT, {"status": "active"}, now=judge.now)
    await judge.turn()
    found = account_of(world)
    assert (found.enforcement, found.enforcement_reason) == (HEALTHY, "restored by the operator")
    world.message(mail())
    # What comes back of the old mail is not held against it, that of new mail is.
    count(world, Volume(0, 100, 50))
    await judge.turn()
    assert account_of(world).enforcement == HEALTHY
    judge.now += 3 * HOUR_MS
    count(world, Volume(100, 90, 0), at=NOW + 2 * HOUR_MS)
    await judge.turn()
    assert account_of(world).enforcement == SHUTDOWN


async def test_without_enforcement_rates_are_shown_and_nothing_follows(world):
    judge = Judge(world.store, enforce=False)
    count(world, Volume(1000, 900, 0))
    await judge.turn()
    assert account_of(world).enforcement == HEALTHY
    assert letters(world) == []
    assert [one.value for one in judge.shown] == [0.9, 0.0]


async def test_without_an_operator_nobody_is_written_to(world):
    judge = Judge(world.store, to="")
    count(world, Volume(1000, 900, 0))
    await judge.turn()
    assert (account_of(world).enforcement, letters(world)) == (SHUTDOWN, [])


async def test_only_the_worker_with_the_lease_judges(world, judge):
    with world.store.transaction() as conn:
        assert take_lease(conn, "reputation", "node/1", NOW, NOW + 600_000)
    count(world, Volume(1000, 900, 0))
    await judge.turn()
    assert account_of(world).enforcement == HEALTHY


@pytest.mark.parametrize("status", ["suspended", "restricted", "closed"])
async def test_what_the_operator_stopped_is_not_judged(world, judge, status):
    world.change(accounts, status=status)
    count(world, Volume(1000, 900, 0))
    await judge.turn()
    assert account_of(world).enforcement == HEALTHY


async def test_a_status_that_was_changed_meanwhile_stands(world):
    judged = account_of(world)
    world.change(accounts, status="suspended")
    with world.store.transaction() as conn:
        assert not change_status(conn, judged, Judgement(SHUTDOWN, "late"), [], now=NOW)
    assert account_of(world).enforcement == HEALTHY


async def test_what_is_too_old_is_forgotten(world, judge):
    count(world, Volume(10), at=NOW - 2 * SPAN_MS - HOUR_MS)
    count(world, Volume(10), at=NOW - SPAN_MS)
    await judge.turn()
    with world.store.transaction() as conn:
        query = select(func.min(reputation_counts.c.bucket))
        assert conn.execute(query).scalar_one() == hour_of(NOW - SPAN_MS)


async def test_gauges_tell_the_rates_of_accounts_and_of_sets_that_keep_metrics(world, judge):
    world.add(add_configuration_set, "spring")
    world.add(add_configuration_set, "quiet", reputation_metrics=False)
    with world.store.transaction() as conn:
        add_account(conn, id=OTHER)
    count(world, Volume(10, 1, 0), configuration_set="spring")
    count(world, Volume(10, 0, 1), configuration_set="quiet")
    await judge.turn()
    account = ("account_id", ACCOUNT)
    spring = ("ses_configuration_set", "spring")
    assert [(one.name, one.labels, one.value) for one in judge.shown] == [
        ("aws_ses_reputation_bounce_rate", (account,), 0.05),
        ("aws_ses_reputation_complaint_rate", (account,), 0.05),
        ("aws_ses_reputation_bounce_rate", (account, spring), 0.1),
        ("aws_ses_reputation_complaint_rate", (account, spring), 0.0),
    ]


def test_a_reputation_tells_of_all_parts_and_a_set_from_its_fresh_start_on(world):
    world.add(add_configuration_set, "spring", last_fresh_start=HOUR + 60_000)
    count(world, Volume(100, 5, 0), at=HOUR, configuration_set="spring", sent_from="192.0.2.7")
    count(world, Volume(10, 1, 0), at=HOUR + 60_000, configuration_set="spring")
    count(world, Volume(30), at=HOUR + HOUR_MS, sending_domain="other.example")
    with world.store.transaction() as conn:
        found = account_reputation(conn, ACCOUNT, LIMITS, now=HOUR + 2 * HOUR_MS)
        points = rates_over_time(conn, ACCOUNT, Scope.SET, "spring", since=0)
        totals = address_totals(conn, now=HOUR + 2 * HOUR_MS)
    assert found.seen.volume == Volume(140, 6, 0)
    assert [(one.scope, one.name, one.seen.volume) for one in found.parts] == [
        ("set", "spring", Volume(10, 1, 0)),
        ("domain", "example.com", Volume(110, 6, 0)),
        ("domain", "other.example", Volume(30)),
        ("ip", "192.0.2.7", Volume(100, 5, 0)),
    ]
    assert [(one.start, one.volume) for one in points] == [(HOUR, Volume(110, 6, 0))]
    assert totals == [("192.0.2.7", Volume(100, 5, 0))]


def test_names_are_bounded_and_those_with_the_most_mail_are_shown(world):
    for number in range(6):
        count(world, Volume(number), sending_domain=f"d{number}.example")
    with world.store.transaction() as conn:
        found = account_reputation(conn, ACCOUNT, LIMITS, now=NOW, most=2)
    assert [one.name for one in found.of(Scope.DOMAIN)] == ["d5.example", "d4.example"]


# Who decided what, whether mail is taken, and whether the owner can switch sending on again.
@pytest.mark.parametrize(
    ("columns", "refusal", "can_switch"),
    [
        ({"status": "active"}, None, True),
        ({"enforcement": PROBATION}, None, True),
        ({"sending_enabled": False}, SendingPaused, True),
        ({"enforcement": PROBATION, "sending_enabled": False}, SendingPaused, True),
        ({"enforcement": SHUTDOWN}, SendingPaused, False),
        ({"enforcement": SHUTDOWN, "sending_enabled": False}, SendingPaused, False),
        ({"status": "suspended"}, SendingPaused, False),
        ({"status": "restricted"}, AccountSuspended, False),
        ({"status": "restricted", "enforcement": SHUTDOWN}, AccountSuspended, False),
        ({"status": "restricted", "sending_enabled": False}, AccountSuspended, False),
    ],
    ids=str,
)
def test_the_owner_switches_on_what_the_owner_switched_off(world, columns, refusal, can_switch):
    world.change(accounts, **columns)
    if refusal is not None:
        assert type(world.refused(mail())) is refusal
    before = account_of(world)
    try:
        with world.store.transaction() as conn:
            put_sending(conn, ACCOUNT, enabled=True)
    except BadRequest:
        assert not can_switch
        assert account_of(world) == before
    else:
        assert can_switch
        world.message(mail())
    with world.store.transaction() as conn:
        shown = get_account(conn, ACCOUNT, now=NOW).enforcement
    assert shown == (SHUTDOWN if not can_switch else columns.get("enforcement", HEALTHY))
