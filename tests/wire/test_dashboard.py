"""The deliverability dashboard, as an account that has not enabled it sees it."""

from datetime import UTC, datetime

import pytest

from pillarbox.proto.aws.rest_json import Refusal, RequestCodec
from pillarbox.wire.sesv2.dashboard_shapes import GetDomainStatisticsReportRequest
from tests.wire.calls import refused, without_metadata

CODEC = RequestCodec(GetDomainStatisticsReportRequest, ("StartDate", "EndDate"))

SPAN = {"StartDate": datetime(2026, 1, 1, tzinfo=UTC), "EndDate": datetime(2026, 1, 5, tzinfo=UTC)}
MESSAGE = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
OFF = ("BadRequestException", 400, "The Deliverability dashboard isn't enabled for this account.")


@pytest.fixture(params=["v1", "v2"])
def client(request):
    """The account's client of each API in turn."""
    return request.getfixturevalue(request.param)


def test_it_is_not_enabled(client):
    assert without_metadata(client.get_deliverability_dashboard_options()) == {
        "DashboardEnabled": False,
        "AccountStatus": "DISABLED",
        "ActiveSubscribedDomains": [],
        "PendingExpirationSubscribedDomains": [],
    }


def test_it_can_be_disabled_again_but_not_enabled(client):
    client.put_deliverability_dashboard_option(DashboardEnabled=False)
    assert refused(client.put_deliverability_dashboard_option, DashboardEnabled=True) == (
        "BadRequestException",
        400,
        "The Deliverability dashboard can't be enabled: this service doesn't have it.",
    )
    assert client.get_deliverability_dashboard_options()["DashboardEnabled"] is False


def test_there_are_no_test_reports(client):
    answer = client.list_deliverability_test_reports()
    assert without_metadata(answer) == {"DeliverabilityTestReports": []}


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        (
            "create_deliverability_test_report",
            {"FromEmailAddress": "a@example.com", "Content": MESSAGE},
        ),
        ("get_blacklist_reports", {"BlacklistItemNames": ["192.0.2.1", "192.0.2.2"]}),
        ("get_domain_statistics_report", {"Domain": "example.com", **SPAN}),
        ("list_domain_deliverability_campaigns", {"SubscribedDomain": "example.com", **SPAN}),
    ],
)
def test_what_needs_it_is_refused(client, call, arguments):
    assert refused(getattr(client, call), **arguments) == OFF


@pytest.mark.parametrize(
    ("call", "arguments", "text"),
    [
        (
            "get_deliverability_test_report",
            {"ReportId": "r1"},
            "Deliverability test report <r1> does not exist.",
        ),
        (
            "get_domain_deliverability_campaign",
            {"CampaignId": "c1"},
            "Campaign <c1> does not exist.",
        ),
    ],
)
def test_what_is_not_there_is_not_found(client, call, arguments, text):
    assert refused(getattr(client, call), **arguments) == ("NotFoundException", 404, text)


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("2026-01-01T00:00:00Z", 1767225600.0),
        ("2026-01-01T02:00:00+02:00", 1767225600.0),
        ("2026-01-01", 1767225600.0),
        ("1767225600", 1767225600.0),
        ("1767225600.5", 1767225600.5),
    ],
)
def test_dates_of_the_query_are_iso_or_seconds(date, seconds):
    assert read(date).start_date == seconds


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", "", "1e9", "0001-01-01T00:00:00Z"])
def test_what_is_no_date_is_refused(date):
    with pytest.raises(Refusal):
        read(date)


def read(date):
    query = (("StartDate", date), ("EndDate", "2026-01-05"))
    return CODEC.decode(b"", {"Domain": "example.com"}, query)
