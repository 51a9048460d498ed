"""Pinpoint applications in AWS: what PutEvents is asked, and what its answers mean."""

import pytest

from pillarbox.base.ids import uuid_text
from pillarbox.base.settings import AwsPinpoint, Settings
from pillarbox.destinations.aws import open_aws
from pillarbox.destinations.pinpoint_record import event_type, pinpoint_record
from pillarbox.model.event_destination import Pinpoint
from pillarbox.model.publishing import NotYet, Place, Published, Record, Refused
from tests.peers.scripted_aws import scripted_aws

ACCOUNT, APP = "123456789012", "0123456789abcdef0123456789abcdef"
ARN = f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/{APP}"
PLACE = Place(ACCOUNT, Pinpoint(ARN))
SENT = 1_767_607_200_123
MAIL = {
    "timestamp": "2026-01-05T10:00:00.123Z",
    "source": "shop@example.com",
    "messageId": "m-000000",
    "destination": ["Rcpt@example.net"],
    "headersTruncated": False,
    "headers": [{"name": "From", "value": "shop@example.com"}],
    "commonHeaders": {
        "from": ["shop@example.com"],
        "to": ["rcpt@example.net"],
        "subject": "Hello",
    },
    "tags": {"campaign": ["spring"]},
}
DELIVERY = {
    "timestamp": "2026-01-05T10:00:02.456Z",
    "processingTimeMillis": 1310,
    "recipients": ["Rcpt@example.net"],
    "smtpResponse": "250 ok",
    "reportingMTA": "a8-53.smtp-out.amazonses.com",
}


def record(kind, name, block, number=1):
    return Record(
        event_id=b"%16d" % number,
        message_id=b"%16d" % number,
        account_id=ACCOUNT,
        type=kind,
        created_at=SENT + 2567,
        body={"eventType": kind, "mail": MAIL, name: block},
    )


def test_the_record_of_a_delivery_is_that_of_the_real_service():
    made = pinpoint_record(record("Delivery", "delivery", DELIVERY), APP)
    made["client"]["client_id"] = "uuid"
    assert made == {
        "event_type": "_email.delivered",
        "event_timestamp": SENT,
        "arrival_timestamp": SENT + 2567,
        "event_version": "3.1",
        "application": {"app_id": APP, "sdk": {}},
        "client": {"client_id": "uuid"},
        "device": {"platform": {}},
        "session": {},
        "attributes": {"feedback": "delivered"},
        "awsAccountId": ACCOUNT,
        "facets": {
            "email_channel": {
                "mail_event": {
                    "mail": {
                        "message_id": "m-000000",
                        "message_send_timestamp": SENT,
                        "from_address": "shop@example.com",
                        "destination": ["Rcpt@example.net"],
                        "headers_truncated": False,
                        "headers": [{"name": "From", "value": "shop@example.com"}],
                        "common_headers": {
                            "from": "shop@example.com",
                            "to": ["rcpt@example.net"],
                            "subject": "Hello",
                        },
                    },
                    "delivery": {
                        "smtp_response": "250 ok",
                        "reporting_mta": "a8-53.smtp-out.amazonses.com",
                        "recipients": ["Rcpt@example.net"],
                        "processing_time_millis": 1310,
                    },
                }
            }
        },
    }


BLOCKS = {
    "_email.send": ("Send", "send", {}, {"feedback": "received"}),
    "_email.open": (
        *("Open", "open", {"ipAddress": "192.0.2.1", "userAgent": "x", "verdict": "human"}),
        {"feedback": "opened"},
    ),
    "_email.click": ("Click", "click", {"link": "https://x.org/"}, {"feedback": "https://x.org/"}),
    "_email.hardbounce": ("Bounce", "bounce", {"bounceType": "Permanent"}, {}),
    "_email.softbounce": ("Bounce", "bounce", {"bounceType": "Transient"}, {}),
    "_email.complaint": ("Complaint", "complaint", {"complaintSubType": None}, {}),
    "_email.rejected": ("Reject", "reject", {"reason": "Bad content"}, {}),
    "_email.rendering_failure": ("Rendering Failure", "failure", {"errorMessage": "x"}, {}),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_each_type_has_its_name_its_feedback_and_its_block(name):
    kind, block, detail, attributes = BLOCKS[name]
    found = record(kind, block, detail)
    made = pinpoint_record(found, APP)
    assert event_type(found) == made["event_type"] == name
    assert made["attributes"] == attributes
    facets = made["facets"]["email_channel"]["mail_event"]
    assert set(facets) == {"mail", block}
    assert "verdict" not in facets[block]


@pytest.fixture
async def publish(tmp_path):
    """Publish records to an endpoint by the driver that settings give."""
    opened = []

    async def to(url, records):
        section = AwsPinpoint(endpoint=url, access_key_id="AKIA", secret_access_key="s")
        drivers = open_aws(Settings(data=tmp_path, aws_pinpoint=section), lambda _why, _n: None)
        opened.append(drivers)
        found = await drivers.applications.publish(PLACE, records)
        return [found.get(one.event_id) for one in records]

    yield to
    for one in opened:
        await one.close()


def answer_all(asked, status=202):
    return {
        "Results": {
            endpoint: {
                "EndpointItemResponse": {"StatusCode": 202, "Message": "Accepted"},
                "EventsItemResponse": {
                    event: {"StatusCode": status, "Message": "why"} for event in batch["Events"]
                },
            }
            for endpoint, batch in asked["BatchItem"].items()
        }
    }


async def test_events_are_put_under_the_endpoint_of_their_recipient(publish):
    first, second = record("Delivery", "delivery", DELIVERY), record("Send", "send", {}, 2)
    with scripted_aws(lambda _n, asked: (202, answer_all(asked))) as endpoint:
        assert await publish(endpoint.url, [first, second]) == [Published()] * 2
    (asked,) = endpoint.asked
    (batch,) = asked["BatchItem"].values()
    assert batch["Endpoint"] == {"ChannelType": "EMAIL", "Address": "Rcpt@example.net"}
    delivered = batch["Events"][uuid_text(first.event_id)]
    assert delivered == {
        "EventType": "_email.delivered",
        "Timestamp": "2026-01-05T10:00:02.690Z",
        "Attributes": {
            "feedback": "delivered",
            "mail.message_id": "m-000000",
            "mail.from_address": "shop@example.com",
            "mail.destination": "Rcpt@example.net",
            "mail.headers_truncated": "false",
            "mail.common_headers.from": "shop@example.com",
            "mail.common_headers.to": "rcpt@example.net",
            "mail.common_headers.subject": "Hello",
            "delivery.smtp_response": "250 ok",
            "delivery.reporting_mta": "a8-53.smtp-out.amazonses.com",
            "delivery.recipients": "Rcpt@example.net",
        },
        "Metrics": {
            "mail.message_send_timestamp": float(SENT),
            "delivery.processing_time_millis": 1310.0,
        },
    }
    assert batch["Events"][uuid_text(second.event_id)]["EventType"] == "_email.send"


async def test_what_is_too_long_for_an_attribute_is_cut(publish):
    long = record("Click", "click", {"link": "https://x.org/" + "a" * 500})
    with scripted_aws(lambda _n, asked: (202, answer_all(asked))) as endpoint:
        assert await publish(endpoint.url, [long]) == [Published()]
    (batch,) = endpoint.asked[0]["BatchItem"].values()
    (event,) = batch["Events"].values()
    assert {len(event["Attributes"][name]) for name in ("feedback", "click.link")} == {200}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Refused("AWS answered 400: why")),
        (429, NotYet("AWS answered 429: why")),
        (500, NotYet("AWS answered 500: why")),
    ],
)
async def test_an_event_that_is_not_taken_is_tried_again_or_refused(publish, status, outcome):
    with scripted_aws(lambda _n, asked: (202, answer_all(asked, status))) as endpoint:
        assert await publish(endpoint.url, [record("Send", "send", {})]) == [outcome]


async def test_an_application_that_is_not_there_refuses_the_event(publish):
    answer = {"__type": "NotFoundException", "Message": "no app"}
    with scripted_aws(lambda *_: (404, answer)) as endpoint:
        (found,) = await publish(endpoint.url, [record("Send", "send", {})])
    assert isinstance(found, Refused)


async def test_an_event_of_which_nothing_is_said_is_tried_again(publish):
    with scripted_aws(lambda *_: (202, {"Results": {}})) as endpoint:
        found = await publish(endpoint.url, [record("Send", "send", {})])
    assert found == [NotYet("AWS said nothing of this event")]
