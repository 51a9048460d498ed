"""SendEmail through the real door: each refusal has the real service's words and leaves no row."""

import pytest
from sqlalchemy import func, insert, select

from pillarbox.store.tables import (
    configuration_sets,
    events,
    identities,
    messages,
    recipients,
    send_counts,
)
from tests.wire.calls import refused

TO = {"ToAddresses": ["to@example.net"]}
FROM = "a@example.com"
SIMPLE = {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "there"}}}}
GOOD = {"FromEmailAddress": FROM, "Destination": TO, "Content": SIMPLE}
UNVERIFIED = (
    "Email address is not verified. The following identities failed the check in region "
    "US-EAST-1: {}"
)
PAUSED = (
    "Sending paused for this account. For more information, please check the inbox of the email "
    "address associated with your AWS account."
)
B = "BadRequestException"
R = "MessageRejected"
P = "SendingPausedException"


def subject(text, charset=None):
    data = {"Data": text} | ({"Charset": charset} if charset else {})
    return {"Content": {"Simple": SIMPLE["Simple"] | {"Subject": data}}}


def raw(data):
    return {"Content": {"Raw": {"Data": data}}}


def many(count):
    return [f"r{number}@example.net" for number in range(count)]


@pytest.fixture
def prepared(accepting_server):
    """Make an account that has one verified domain, one pending one, and a paused set."""

    def make(service, **columns):
        account = accepting_server.new_account(**columns)
        identity = {
            "kind": "DOMAIN",
            "created_at": 0,
            "check_started_at": 0,
            "checks": 1,
            "signing_enabled": True,
            "signing_key_bits": 2048,
            "feedback_forwarding": True,
            "mail_from_behavior": "USE_DEFAULT_VALUE",
            "tags": "[]",
            "account_id": account,
        }
        paused = {
            "account_id": account,
            "name": "paused",
            "created_at": 0,
            "sending_enabled": False,
            "reputation_metrics": True,
            "tags": "[]",
        }
        with accepting_server.store.transaction() as conn:
            verified = {"name": "example.com", "status": "SUCCESS"}
            pending = {"name": "pending.example", "status": "PENDING"}
            conn.execute(insert(identities), [identity | verified, identity | pending])
            conn.execute(insert(configuration_sets).values(paused))
        return account, accepting_server.client(service, account)

    return make


def rows_of(server, account):
    with server.store.transaction() as conn:
        return [
            conn.execute(
                select(func.count()).select_from(table).where(table.c.account_id == account)
            ).scalar_one()
            for table in (messages, recipients, events, send_counts)
        ]


@pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
def test_an_allowed_message_is_stored_whole(accepting_server, prepared, service):
    account, client = prepared(service)
    destination = {"ToAddresses": many(25), "BccAddresses": ["bcc@example.net", *many(49)[25:]]}
    client.send_email(**GOOD | {"Destination": destination})
    assert rows_of(accepting_server, account) == [1, 50, 1, 1]
    assert client.get_account()["SendQuota"]["SentLast24Hours"] == 50.0


REFUSED = [
    ({}, {"FromEmailAddress": "a@other.example"}, R, 400, UNVERIFIED.format("a@other.example")),
    ({}, {"FromEmailAddress": "Ann <a@pending.example>"}, R, 400,
     UNVERIFIED.format("Ann <a@pending.example>")),
    ({}, {"ConfigurationSetName": "none"}, "NotFoundException", 404,
     "Configuration set <none> does not exist."),
    ({}, {"ConfigurationSetName": "paused"}, P, 400,
     "Sending is paused for configuration set paused"),
    ({}, {"Destination": {"ToAddresses": many(26), "CcAddresses": many(51)[26:]}}, B, 400,
     "Recipient count exceeds 50."),
    ({}, raw(b"From: a@example.com\r\nTo: b@example.net\r\n\r\n" + b"x\r\n" * 40_000), B, 400,
     None),
    ({}, raw(b"From: a@other.example\r\nTo: b@example.net\r\n\r\nx\r\n"), R, 400,
     UNVERIFIED.format("a@other.example")),
    ({}, subject("a\r\nBcc: b@example.net"), B, 400, None),
    ({}, subject("ü", "US-ASCII"), B, 400, None),
    ({}, subject("a", "no-such-charset"), B, 400, None),
    ({}, {"Destination": {"ToAddresses": ["b@"]}}, B, 400, "Missing domain"),
    ({}, {"Destination": {"ToAddresses": ["b"]}}, B, 400, "Missing final '@domain'"),
    ({"sending_enabled": False}, {}, P, 400, None),
    ({"status": "suspended"}, {}, P, 400, PAUSED),
    ({"status": "restricted"}, {}, "AccountSuspendedException", 400, None),
    ({"max_24h": 0.0}, {}, "LimitExceededException", 400, "Daily message quota exceeded."),
    ({"production": False}, {}, R, 400, UNVERIFIED.format("to@example.net")),
]  # fmt: skip


@pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
@pytest.mark.parametrize(("columns", "members", "code", "status", "text"), REFUSED)
def test_a_refused_message_leaves_no_row(
    accepting_server, prepared, service, columns, members, code, status, text
):
    account, client = prepared(service, **columns)
    answer = refused(client.send_email, **GOOD | members)
    assert answer[:2] == (code, status)
    assert answer[2] == text if text else answer[2]
    assert rows_of(accepting_server, account) == [0, 0, 0, 0]


ALLOWED = "only alphanumeric ASCII characters, '_',  '-'"


@pytest.mark.parametrize(
    ("api", "name", "value", "text"),
    [
        ("v1", "ses:feedback-id-a", "x" * 256, None),
        ("v1", "a", "x" * 257, "Tag value cannot exceed 256 characters."),
        ("v1", "a", "a@b.c", f"Invalid tag value <a@b.c>: {ALLOWED} are allowed."),
        ("v1", "x" * 257, "a", "Tag name cannot exceed 256 characters."),
        ("v2", "ses:feedback-id-b", "x" * 255, None),
        ("v2", "a", "x" * 256, "Tag value cannot exceed 255 characters."),
        ("v2", "a", "a@b.c", None),
        ("v2", "a", "a b", f"Invalid tag value <a b>: {ALLOWED} , '.', '@' are allowed."),
        ("v1", "", "a", "The tag name must be specified."),
        ("v2", "a", "", "The tag value must be specified."),
        ("v2", "ses:other", "a", f"Invalid tag name <ses:other>: {ALLOWED} are allowed."),
    ],
)
def test_tags_are_bounded_as_each_api_says(accepting_server, prepared, api, name, value, text):
    account, client = prepared("pinpoint-email" if api == "v1" else "sesv2")
    tagged = GOOD | {"EmailTags": [{"Name": name, "Value": value}]}
    if text is None:
        client.send_email(**tagged)
    else:
        assert refused(client.send_email, **tagged) == (B, 400, text)
    assert rows_of(accepting_server, account)[0] == (1 if text is None else 0)
