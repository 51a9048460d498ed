"""SES v1 account actions through botocore."""

import datetime as dt
import urllib.request
from xml.etree import ElementTree as ET

import pytest

from tests.wire.calls import refused, without_metadata
from tests.wire.test_refused_sends import prepared  # noqa: F401 - a fixture


def test_the_quota_is_shown_and_unlimited_is_minus_one(server, ses):
    quota = without_metadata(ses.get_send_quota())
    assert quota == {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
    unlimited = server.client("ses", server.new_account(max_24h=-1.0))
    assert unlimited.get_send_quota()["Max24HourSend"] == -1.0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_url_that_boto3_has_presigned_works_by_itself(ses, method):
    url = ses.generate_presigned_url("get_send_quota", ExpiresIn=60, HttpMethod=method)
    request = urllib.request.Request(url, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        assert answer.headers["content-type"] == "text/xml"
        root = ET.fromstring(answer.read())
    assert root.findtext("{*}GetSendQuotaResult/{*}Max24HourSend") == "50000.0"


def test_sending_is_switched_off_and_on(ses):
    assert ses.get_account_sending_enabled()["Enabled"] is True
    assert without_metadata(ses.update_account_sending_enabled(Enabled=False)) == {}
    assert ses.get_account_sending_enabled()["Enabled"] is False
    ses.update_account_sending_enabled(Enabled=True)
    assert ses.get_account_sending_enabled()["Enabled"] is True
    ses.update_account_sending_enabled()
    assert ses.get_account_sending_enabled()["Enabled"] is False


def test_the_switch_stops_the_next_message_and_statistics_count_those_before(
    accepting_server,
    prepared,  # noqa: F811
):
    _, client = prepared("ses")
    message = {
        "Source": "a@example.com",
        "Destination": {"ToAddresses": ["b@example.net", "c@example.net"]},
        "Message": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "x"}}},
    }
    assert client.get_send_statistics()["SendDataPoints"] == []
    client.send_email(**message)
    client.update_account_sending_enabled(Enabled=False)
    assert refused(client.send_email, **message)[:2] == ("AccountSendingPausedException", 400)
    (point,) = client.get_send_statistics()["SendDataPoints"]
    at = point.pop("Timestamp")
    assert point == {"DeliveryAttempts": 2, "Bounces": 0, "Complaints": 0, "Rejects": 0}
    assert (at.minute % 15, at.second, at.utcoffset()) == (0, 0, dt.timedelta(0))
    assert client.get_send_quota()["SentLast24Hours"] == 2.0


def test_what_the_operator_paused_the_owner_can_not_resume(server):
    client = server.client("ses", server.new_account(enforcement="SHUTDOWN"))
    code, status, text = refused(client.update_account_sending_enabled, Enabled=True)
    assert (code, status) == ("InvalidParameterValue", 400)
    assert "operator" in text
