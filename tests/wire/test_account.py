"""GetAccount through botocore, in both APIs."""

import pytest
from sqlalchemy import insert, update

from pillarbox.base.clock import now_ms
from pillarbox.store.tables import accounts, identities, send_counts
from tests.wire.calls import refused, with_body, without_metadata
from tests.wire.rows import verified_domain
from tests.wire.test_refused_sends import GOOD, rows_of

HOUR = 3_600_000


BOTH = pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
PAUSED = (
    "The message can't be sent because the account's ability to send email is currently paused."
)
ONLY_V2 = {"SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}}


@BOTH
def test_the_account_is_shown(server, service):
    account = server.new_account(production=False, max_24h=200.0, max_rate=1.0)
    more = ONLY_V2 if service == "sesv2" else {}
    assert without_metadata(server.client(service, account).get_account()) == more | {
        "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0},
        "SendingEnabled": True,
        "DedicatedIpAutoWarmupEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": False,
    }


def test_recipients_of_the_last_24_hours_count(server, account, v1):
    ages = {"now": 0, "earlier": 23 * HOUR, "yesterday": 25 * HOUR}
    with server.store.transaction() as conn:
        for worker, age in ages.items():
            bucket = (now_ms() - age) // 600_000 * 600_000
            row = {"account_id": account, "bucket": bucket, "worker": worker, "recipients": 10}
            conn.execute(insert(send_counts).values(row))
    assert v1.get_account()["SendQuota"]["SentLast24Hours"] == 20.0


@pytest.mark.parametrize("status", ["suspended", "restricted"])
def test_a_stopped_account_shows_shutdown(server, status):
    account = server.new_account(status=status)
    answer = server.client("pinpoint-email", account).get_account()
    assert answer["EnforcementStatus"] == "SHUTDOWN"


@pytest.fixture
def sender(accepting_server):
    """An account that may send from example.com, on the server that really accepts."""
    account = accepting_server.new_account()
    with accepting_server.store.transaction() as conn:
        conn.execute(insert(identities).values(verified_domain(account)))
    return account


@BOTH
def test_an_account_sends_nothing_while_it_is_switched_off(accepting_server, sender, service):
    client = accepting_server.client(service, sender)
    client.send_email(**GOOD)
    client.put_account_sending_attributes(SendingEnabled=False)
    assert client.get_account()["SendingEnabled"] is False
    assert refused(client.send_email, **GOOD) == (
        "SendingPausedException",
        400,
        PAUSED,
    )
    assert rows_of(accepting_server, sender)[0] == 1
    client.put_account_sending_attributes(SendingEnabled=True)
    client.send_email(**GOOD)
    assert rows_of(accepting_server, sender)[0] == 2


@BOTH
@pytest.mark.parametrize(
    "paused", [{"status": "suspended"}, {"status": "restricted"}, {"enforcement": "SHUTDOWN"}]
)
def test_what_the_operator_paused_the_owner_can_not_resume(
    accepting_server, sender, service, paused
):
    client = accepting_server.client(service, sender)
    client.put_account_sending_attributes(SendingEnabled=False)
    with accepting_server.store.transaction() as conn:
        conn.execute(update(accounts).where(accounts.c.id == sender).values(**paused))
    answer = refused(client.put_account_sending_attributes, SendingEnabled=True)
    assert answer[:2] == ("BadRequestException", 400)
    shown = client.get_account()
    assert (shown["SendingEnabled"], shown["EnforcementStatus"]) == (False, "SHUTDOWN")
    client.put_account_sending_attributes(SendingEnabled=False)


@BOTH
def test_switches_without_their_member_are_off(accepting_server, sender, service):
    client = accepting_server.client(service, sender)
    client.put_account_dedicated_ip_warmup_attributes(AutoWarmupEnabled=True)
    assert client.get_account()["DedicatedIpAutoWarmupEnabled"] is True
    with with_body(client, {}):
        client.put_account_dedicated_ip_warmup_attributes()
        client.put_account_sending_attributes()
    shown = client.get_account()
    assert (shown["DedicatedIpAutoWarmupEnabled"], shown["SendingEnabled"]) == (False, False)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"SuppressedReasons": ["COMPLAINT"]}, ["COMPLAINT"]),
        ({"SuppressedReasons": ["COMPLAINT", "BOUNCE", "BOUNCE"]}, ["BOUNCE", "COMPLAINT"]),
        ({"SuppressedReasons": []}, []),
        ({}, []),
    ],
)
def test_the_reasons_for_suppressing_are_put(v2, options, kept):
    v2.put_account_suppression_attributes(**options)
    assert v2.get_account()["SuppressionAttributes"] == {"SuppressedReasons": kept}


def test_what_is_not_there_can_not_be_switched_on(v2):
    enabled = {"ConditionThreshold": {"ConditionThresholdEnabled": "ENABLED"}}
    disabled = {"ConditionThreshold": {"ConditionThresholdEnabled": "DISABLED"}}
    answer = refused(v2.put_account_suppression_attributes, ValidationAttributes=enabled)
    assert answer[:2] == ("BadRequestException", 400)
    assert v2.get_account()["SuppressionAttributes"] == ONLY_V2["SuppressionAttributes"]
    v2.put_account_suppression_attributes(
        SuppressedReasons=["BOUNCE"], ValidationAttributes=disabled
    )
    v2.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "DISABLED"})
    for given in [
        {"VdmEnabled": "ENABLED"},
        {"VdmEnabled": "DISABLED", "DashboardAttributes": {"EngagementMetrics": "ENABLED"}},
    ]:
        answer = refused(v2.put_account_vdm_attributes, VdmAttributes=given)
        assert answer[:2] == ("BadRequestException", 400)
