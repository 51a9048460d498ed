"""SES v1 sending through the real door: the Query API's codes, and headers against parameters."""

import msgspec
import pytest
from sqlalchemy import insert, select

from pillarbox.store.tables import configuration_sets, identities, messages, recipients
from tests.wire.calls import refused
from tests.wire.test_refused_sends import PAUSED, UNVERIFIED, many, rows_of

MESSAGE = {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "there"}}}
GOOD = {
    "Source": "a@example.com",
    "Destination": {"ToAddresses": ["to@example.net"]},
    "Message": MESSAGE,
}
RAW = (
    b"From: a@example.com\r\nTo: header@example.net\r\nX-SES-CONFIGURATION-SET: header\r\n"
    b"X-SES-MESSAGE-TAGS: a=header, b=2\r\nReturn-Path: <bounces@example.com>\r\n"
    b"X-SES-SOURCE-ARN: arn\r\n\r\nx\r\n"
)


@pytest.fixture
def prepared(accepting_server):
    """Make an account with a verified domain, a pending one and three sets, one of them paused."""

    def make(**columns):
        account = accepting_server.new_account(**columns)
        identity = {
            "account_id": account,
            "kind": "DOMAIN",
            "created_at": 0,
            "check_started_at": 0,
            "checks": 1,
            "signing_enabled": True,
            "signing_key_bits": 2048,
            "feedback_forwarding": True,
            "mail_from_behavior": "USE_DEFAULT_VALUE",
            "tags": "[]",
        }
        one = {"account_id": account, "created_at": 0, "reputation_metrics": True, "tags": "[]"}
        with accepting_server.store.transaction() as conn:
            verified = {"name": "example.com", "status": "SUCCESS"}
            pending = {"name": "pending.example", "status": "PENDING"}
            conn.execute(insert(identities), [identity | verified, identity | pending])
            sets = [("paused", False), ("header", True), ("parameter", True)]
            rows = [one | {"name": name, "sending_enabled": enabled} for name, enabled in sets]
            conn.execute(insert(configuration_sets), rows)
        return account, accepting_server.client("ses", account)

    return make


V = "InvalidParameterValue"
R = "MessageRejected"
REFUSED = [
    ({}, {"Source": "a@other.example"}, R, UNVERIFIED.format("a@other.example")),
    ({}, {"ReturnPath": "a@other.example"}, R, UNVERIFIED.format("a@other.example")),
    ({}, {"ConfigurationSetName": "none"}, "ConfigurationSetDoesNotExist",
     "Configuration set <none> does not exist."),
    ({}, {"ConfigurationSetName": "paused"}, "ConfigurationSetSendingPausedException",
     "Sending is paused for configuration set paused"),
    ({}, {"Destination": {"ToAddresses": many(51)}}, V, "Recipient count exceeds 50."),
    ({}, {"Destination": {"ToAddresses": ["b"]}}, V, "Missing final '@domain'"),
    ({}, {"Destination": {"ToAddresses": []}}, V, "Missing required header 'To'."),
    ({}, {"Tags": [{"Name": "a b", "Value": "x"}]}, V,
     "Invalid tag name <a b>: only alphanumeric ASCII characters, '_',  '-' are allowed."),
    ({"sending_enabled": False}, {}, "AccountSendingPausedException", None),
    ({"status": "suspended"}, {}, R, PAUSED),
    ({"max_24h": 0.0}, {}, "Throttling", "Daily message quota exceeded."),
    ({"production": False}, {}, R, UNVERIFIED.format("to@example.net")),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "members", "code", "text"), REFUSED)
def test_a_refused_message_leaves_no_row(accepting_server, prepared, columns, members, code, text):
    account, client = prepared(**columns)
    answer = refused(client.send_email, **GOOD | members)
    assert answer[:2] == (code, 400)
    assert answer[2] == text if text else answer[2]
    assert rows_of(accepting_server, account) == [0, 0, 0, 0]


def test_an_error_names_the_configuration_set(prepared):
    _, client = prepared()
    with pytest.raises(client.exceptions.ConfigurationSetDoesNotExistException) as caught:
        client.send_email(**GOOD, ConfigurationSetName="none")
    assert caught.value.response["ConfigurationSetName"] == "none"


def sent(server, account):
    """The one message of an account, its tags, and who gets it."""
    with server.store.transaction() as conn:
        message = conn.execute(select(messages).where(messages.c.account_id == account)).one()
        rows = conn.execute(
            select(recipients.c.address).where(recipients.c.message_id == message.id)
        )
        return message, msgspec.json.decode(message.mail)["tags"], [row.address for row in rows]


def test_the_headers_of_a_raw_message_count_when_no_parameter_does(accepting_server, prepared):
    account, client = prepared()
    client.send_raw_email(RawMessage={"Data": RAW})
    message, tags, to = sent(accepting_server, account)
    assert (message.configuration_set, tags["a"], tags["b"]) == ("header", ["header"], ["2"])
    assert (message.feedback_to, to) == ("bounces@example.com", ["header@example.net"])
    assert tags["ses:operation"] == ["SendRawEmail"]


def test_parameters_win_over_the_headers_of_a_raw_message(accepting_server, prepared):
    account, client = prepared()
    client.send_raw_email(
        RawMessage={"Data": RAW},
        Source="source@example.com",
        Destinations=["parameter@example.net"],
        Tags=[{"Name": "a", "Value": "parameter"}],
        ConfigurationSetName="parameter",
    )
    message, tags, to = sent(accepting_server, account)
    assert (message.configuration_set, tags["a"]) == ("parameter", ["parameter"])
    assert "b" not in tags, "tags are not merged (facts §4)"
    assert (message.feedback_to, to) == ("source@example.com", ["parameter@example.net"])


@pytest.mark.parametrize(
    ("raw", "source", "unverified"),
    [
        (RAW, "a@other.example", "a@other.example"),
        (RAW.replace(b"a@example.com", b"a@other.example"), "a@example.com", "a@other.example"),
        (RAW.replace(b"bounces@example.com", b"b@other.example"), None, "b@other.example"),
    ],
)
def test_source_author_and_return_path_must_all_be_verified(
    accepting_server, prepared, raw, source, unverified
):
    account, client = prepared()
    members = {"Source": source} if source else {}
    answer = refused(client.send_raw_email, RawMessage={"Data": raw}, **members)
    assert answer == (R, 400, UNVERIFIED.format(unverified))
    assert rows_of(accepting_server, account) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("a", "x.y@z-" + "v" * 249, None),
        ("a", "x" * 256, "Tag value cannot exceed 255 characters."),
        ("x" * 256, "a", "Tag name cannot exceed 255 characters."),
        ("a.b", "a",
         "Invalid tag name <a.b>: only alphanumeric ASCII characters, '_',  '-' are allowed."),
    ],
)  # fmt: skip
def test_tags_go_by_the_rules_of_v2(accepting_server, prepared, name, value, text):
    account, client = prepared()
    tagged = GOOD | {"Tags": [{"Name": name, "Value": value}]}
    if text is None:
        client.send_email(**tagged)
        assert sent(accepting_server, account)[1][name] == [value]
    else:
        assert refused(client.send_email, **tagged) == (V, 400, text)
