"""GetAccount through botocore, in both APIs."""

import pytest
from sqlalchemy import insert

from pillarbox.base.clock import now_ms
from pillarbox.store.tables import send_counts
from tests.wire.calls import without_metadata

HOUR = 3_600_000


@pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
def test_the_account_is_shown(server, service):
    account = server.new_account(production=False, max_24h=200.0, max_rate=1.0)
    assert without_metadata(server.client(service, account).get_account()) == {
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
