"""From an attempt's outcome to the recipient's new state and the event's block (facts §5.2)."""

from dataclasses import replace

import pytest

from pillarbox.base.ids import row_id_of, uuid7, uuid7_ms
from pillarbox.deliver.tls_choice import DaneFound, StsFound, choose
from pillarbox.events.outcome_event import Settling, settlement_of
from pillarbox.model.delay import NextAttempt
from pillarbox.model.outcome import Deferred, Delivered, Failed, OwnDelay, Reply, Unknown
from pillarbox.model.queued import BOUNCED, DELIVERED, QUEUED, Claim
from pillarbox.proto.dns.mta_sts import StsPolicy
from pillarbox.queue.retry import expired_reply
from tests.store.rows import ACCOUNT, NOW, accepted

MESSAGE = replace(accepted(configuration_set="spring").message, deadline=NOW + 3_600_000)
CLAIM = Claim(
    message_id=MESSAGE.id,
    position=3,
    account_id=ACCOUNT,
    address="to@example.org",
    lane=f"example.org {ACCOUNT}",
    size=10,
    attempts=0,
    token=uuid7(NOW),
    lease_until=NOW,
)
LATER = NextAttempt(due_at=NOW + 61_000, delay_type=None)
EXPIRED = Reply(554, "4.4.7 Message expired", "4.4.7")
SETTLING = Settling(
    claim=CLAIM,
    message=MESSAGE,
    now=NOW + 1500,
    reporting_mta="mta.example.net",
    region="us-east-1",
    again=LATER,
    expired=EXPIRED,
)
OK = Reply(250, "2.0.0 Ok: queued", "2.0.0")
BUSY = Reply(452, "4.2.2 full", "4.2.2")
GONE = Reply(550, "5.1.1 no such user", "5.1.1")
LOST = Reply(421, "4.4.2 lost", "4.4.2")
TIME = "2027-01-15T08:00:01.500Z"


def test_a_delivery_is_final_and_told():
    done = settlement_of(SETTLING, Delivered(OK))
    assert (done.state, done.due_at, done.settled_at) == (DELIVERED, NOW + 1500, NOW + 1500)
    assert done.reply == "250 2.0.0 Ok: queued"
    assert done.event.type == "Delivery"
    assert done.event.detail == {
        "timestamp": TIME,
        "processingTimeMillis": 1500,
        "recipients": ["to@example.org"],
        "smtpResponse": "250 2.0.0 Ok: queued",
        "reportingMTA": "mta.example.net",
    }


def test_a_failure_is_a_bounce():
    done = settlement_of(SETTLING, Failed(GONE))
    assert (done.state, done.event.type) == (BOUNCED, "Bounce")
    detail = dict(done.event.detail)
    assert uuid7_ms(row_id_of(detail.pop("feedbackId"))) == NOW + 1500
    assert detail == {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": "to@example.org",
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 no such user",
            }
        ],
        "timestamp": TIME,
        "reportingMTA": "dsn; mta.example.net",
    }


@pytest.mark.parametrize("outcome", [Deferred(BUSY), Unknown(LOST)])
def test_what_may_work_later_stays_queued_silently(outcome):
    done = settlement_of(SETTLING, outcome)
    assert (done.state, done.due_at, done.event) == (QUEUED, LATER.due_at, None)
    assert done.reply == str(outcome.reply)


@pytest.mark.parametrize(
    ("outcome", "attempted"),
    [
        (Deferred(BUSY), True),
        (Deferred(BUSY, own_delay=OwnDelay(at_most_ms=1)), True),
        (Deferred(BUSY, own_delay=OwnDelay(at_most_ms=1, counts=False)), False),
    ],
)
def test_what_was_not_tried_is_no_attempt(outcome, attempted):
    assert settlement_of(SETTLING, outcome).attempted is attempted


def test_what_became_of_a_message_comes_after_its_send_event_whatever_the_clock_says():
    behind = replace(SETTLING, now=SETTLING.message.created_at - 5_000)
    done = settlement_of(behind, Failed(GONE))
    assert uuid7_ms(done.event.id) > uuid7_ms(SETTLING.message.id)


def test_a_delay_is_told_when_it_is_time_to():
    told = replace(SETTLING, again=replace(LATER, delay_type="MailboxFull"))
    done = settlement_of(told, Deferred(BUSY))
    assert (done.state, done.event.type) == (QUEUED, "DeliveryDelay")
    assert done.event.detail == {
        "timestamp": TIME,
        "delayType": "MailboxFull",
        "expirationTime": "2027-01-15T09:00:00.000Z",
        "reportingMTA": "mta.example.net",
        "delayedRecipients": [
            {
                "emailAddress": "to@example.org",
                "status": "4.2.2",
                "diagnosticCode": "smtp; 452 4.2.2 full",
            }
        ],
    }


@pytest.mark.parametrize("outcome", [Deferred(BUSY), Unknown(LOST)])
@pytest.mark.parametrize("expired", [EXPIRED, None])
def test_out_of_time_it_bounces(outcome, expired):
    done = settlement_of(replace(SETTLING, again=None, expired=expired), outcome)
    assert (done.state, done.event.type) == (BOUNCED, "Bounce")
    assert done.reply == str(expired or outcome.reply)
    assert done.event.detail["bounceType"] == "Transient"


@pytest.mark.parametrize("outcome", [Delivered(OK), Failed(GONE)])
def test_final_is_final_whatever_time_is_left(outcome):
    early = settlement_of(SETTLING, outcome)
    late = settlement_of(replace(SETTLING, again=None), outcome)
    assert (early.state, early.reply) == (late.state, late.reply)


def test_an_event_belongs_to_its_recipient_and_set():
    event = settlement_of(SETTLING, Delivered(OK)).event
    assert (event.message_id, event.position) == (MESSAGE.id, 3)
    assert (event.account_id, event.configuration_set) == (ACCOUNT, "spring")
    assert uuid7_ms(event.id) == event.created_at == NOW + 1500


def test_a_clock_that_went_back_makes_no_negative_time():
    done = settlement_of(replace(SETTLING, now=NOW - 5), Delivered(OK))
    assert done.event.detail["processingTimeMillis"] == 0


@pytest.mark.parametrize(
    ("dane", "sts", "words"),
    [
        (DaneFound("trouble", "mx.b.example"), None, "the TLSA records (DANE) of mx.b.example"),
        (
            DaneFound(),
            StsFound("b.example", StsPolicy("enforce", ("other.example",), 60)),
            "the MTA-STS policy of b.example does not name it",
        ),
    ],
    ids=["DANE", "MTA-STS"],
)
def test_a_delay_and_the_bounce_at_its_end_say_which_policy_it_was(dane, sts, words):
    refused = choose("mx.b.example", dane, sts, required=False)
    told = replace(SETTLING, again=replace(LATER, delay_type="General"))
    delay = settlement_of(told, refused).event
    (delayed,) = delay.detail["delayedRecipients"]
    expired = expired_reply(NOW, NOW + 60_000, refused.reply)
    bounce = settlement_of(replace(SETTLING, again=None, expired=expired), refused).event
    (bounced,) = bounce.detail["bouncedRecipients"]
    assert (delay.type, bounce.type) == ("DeliveryDelay", "Bounce")
    assert words in delayed["diagnosticCode"]
    assert bounced["status"] == "4.4.7"
    assert words in bounced["diagnosticCode"]
