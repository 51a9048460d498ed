"""SES v1 SendBounce through botocore and the real door."""

import datetime as dt
import email
import email.policy

import pytest
from sqlalchemy import select, update

from pillarbox.accept.decision import NULL_RETURN_PATH
from pillarbox.base.ids import row_id_of
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.tables import messages, recipients
from tests.wire.calls import refused
from tests.wire.test_ses_refused_sends import GOOD, prepared  # noqa: F401 - a fixture

TO = ["to@example.net", "Other <Other@Example.NET>"]
V = "InvalidParameterValue"


@pytest.fixture
def sent(accepting_server, prepared):  # noqa: F811
    """An account, its client, and a message it has sent to two people."""
    account, client = prepared()
    message = GOOD | {"Destination": {"ToAddresses": TO}, "ReturnPath": "reports@example.com"}
    return account, client, client.send_email(**message)["MessageId"]


def bounce(client, message_id, *infos, **more):
    given = {
        "OriginalMessageId": message_id,
        "BounceSender": "Mailer <daemon@example.com>",
        "BouncedRecipientInfoList": list(infos),
    }
    return client.send_bounce(**given | more)


def accepted(server, message_id):
    """The bounce as it was stored: its parts, and who gets it."""
    row_id = row_id_of(message_id)
    with server.store.transaction() as conn:
        to = conn.execute(
            select(recipients.c.address).where(recipients.c.message_id == row_id)
        ).scalars()
        content = read_content(conn, row_id)
        return email.message_from_bytes(content, policy=email.policy.default), list(to)


def return_path_domain(server, message_id):
    with server.store.transaction() as conn:
        return read_messages(conn, [row_id_of(message_id)])[
            row_id_of(message_id)
        ].return_path_domain


def statuses(message):
    _, status, _ = message.iter_parts()
    whole, *each = (dict(one.items()) for one in status.get_payload())
    return whole, each


def test_a_bounce_goes_to_who_gets_the_feedback_of_the_original(accepting_server, sent):
    _, client, original = sent
    info = {"Recipient": "to@example.net", "BounceType": "ExceededQuota"}
    answer = bounce(client, original, info)
    message, to = accepted(accepting_server, answer["MessageId"])
    assert to == ["reports@example.com"]
    assert return_path_domain(accepting_server, answer["MessageId"]) == NULL_RETURN_PATH
    assert return_path_domain(accepting_server, original) != NULL_RETURN_PATH
    assert (message["from"], message["to"]) == ("Mailer <daemon@example.com>", to[0])
    text, _, header = message.iter_parts()
    assert "to@example.net" in text.get_content()
    assert original.encode() in header.get_payload(decode=True)
    assert statuses(message) == (
        {"Reporting-MTA": "dns; mail.test"},
        [
            {
                "Final-Recipient": "rfc822; to@example.net",
                "Action": "failed",
                "Status": "5.2.2",
                "Diagnostic-Code": "smtp; 552 5.2.2 Mailbox full",
            }
        ],
    )


def test_a_bounce_says_what_the_caller_says(accepting_server, sent):
    _, client, original = sent
    at = dt.datetime(2026, 11, 21, 7, 45, tzinfo=dt.UTC)
    fields = {
        "FinalRecipient": "Other@example.net",
        "Action": "delayed",
        "Status": "4.4.1",
        "RemoteMta": "dns; mx.example.net",
        "DiagnosticCode": "451 4.4.1 later",
        "LastAttemptDate": at,
        "ExtensionFields": [{"Name": "X-One", "Value": "1"}],
    }
    answer = bounce(
        client,
        original,
        {"Recipient": "alias@example.net", "RecipientDsnFields": fields},
        Explanation="Später.",
        MessageDsn={
            "ReportingMta": "dns; relay.example.net",
            "ArrivalDate": at,
            "ExtensionFields": [{"Name": "X-Two", "Value": "2"}],
        },
    )
    message, _ = accepted(accepting_server, answer["MessageId"])
    assert next(message.iter_parts()).get_content().strip() == "Später."
    day = "Sat, 21 Nov 2026 07:45:00 +0000"
    assert statuses(message) == (
        {"Reporting-MTA": "dns; relay.example.net", "Arrival-Date": day, "X-Two": "2"},
        [
            {
                "Final-Recipient": "rfc822; Other@example.net",
                "Action": "delayed",
                "Status": "4.4.1",
                "Remote-MTA": "dns; mx.example.net",
                "Diagnostic-Code": "smtp; 451 4.4.1 later",
                "Last-Attempt-Date": day,
                "X-One": "1",
            }
        ],
    )


GOES = {"Recipient": "to@example.net", "BounceType": "DoesNotExist"}
REFUSED = [
    ([{"Recipient": "none@example.net", "BounceType": "DoesNotExist"}], {}, V,
     "<none@example.net> is not a recipient of the message."),
    ([{"Recipient": "to@example.net"}], {}, V,
     "Each recipient needs a BounceType or RecipientDsnFields."),
    ([], {}, V, "At least one bounced recipient must be specified."),
    ([GOES], {"OriginalMessageId": "x"}, V, "Message <x> was not accepted in the last 24 hours."),
    ([GOES], {"BounceSender": "a@other.example"}, "MessageRejected", None),
    ([GOES | {"BounceType": "Other"}], {}, "ValidationError", None),
    ([GOES], {"MessageDsn": {"ReportingMta": "a"}}, V, None),
    ([GOES], {"BounceSenderArn": "arn:aws:ses:us-east-1:999999999999:identity/a.b"}, V, None),
]  # fmt: skip


@pytest.mark.parametrize(("infos", "more", "code", "text"), REFUSED)
def test_what_is_no_bounce_is_refused(accepting_server, sent, infos, more, code, text):
    account, client, original = sent
    answer = refused(lambda: bounce(client, original, *infos, **more))
    assert answer[:2] == (code, 400), answer
    assert answer[2] == text if text else answer[2]
    with accepting_server.store.transaction() as conn:
        rows = conn.execute(select(messages.c.id).where(messages.c.account_id == account))
        assert len(rows.all()) == 1


def test_only_the_accounts_own_mail_of_the_last_day_is_bounced(accepting_server, prepared, sent):  # noqa: F811
    account, client, original = sent
    _, stranger = prepared()
    text = f"Message <{original}> was not accepted in the last 24 hours."
    assert refused(lambda: bounce(stranger, original, GOES)) == (V, 400, text)
    with accepting_server.store.transaction() as conn:
        day = messages.c.created_at - 24 * 3600 * 1000 - 1
        own = messages.c.account_id == account
        conn.execute(update(messages).where(own).values(created_at=day))
    assert refused(lambda: bounce(client, original, GOES)) == (V, 400, text)
