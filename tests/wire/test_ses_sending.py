"""SES v1 SendEmail and SendRawEmail through botocore: what `accept` is asked, what is refused."""

import pytest

from pillarbox.model.send import RawContent, SimpleContent, Text
from tests.wire.calls import refused
from tests.wire.server import MESSAGE_ID

RAW = {"Data": b"From: a@example.com\r\nTo: header@example.net\r\n\r\nhi\xff\x00+/="}
TAGS = [{"Name": "campaign", "Value": "spring"}, {"Name": "b", "Value": "c.d@e"}]
MESSAGE = {
    "Subject": {"Data": "Grüße & <Küsse>", "Charset": "ISO-8859-1"},
    "Body": {"Text": {"Data": "a+b=c&d"}, "Html": {"Data": "<p>", "Charset": "UTF-8"}},
}
WHOLE = {
    "Source": "Ann, <a@example.com>",
    "Destination": {
        "ToAddresses": [f"to{n}@example.net" for n in range(12)],
        "CcAddresses": ["Cé <cc@example.net>"],
        "BccAddresses": [],
    },
    "Message": MESSAGE,
    "ReplyToAddresses": ["reply@example.com"],
    "ReturnPath": "feedback@example.com",
    "Tags": TAGS,
    "ConfigurationSetName": "set",
}


def test_send_email_reaches_accept_whole(server, account, ses):
    assert ses.send_email(**WHOLE)["MessageId"] == MESSAGE_ID
    asked = server.sent[-1]
    assert asked.caller.account_id == account
    assert asked.content == SimpleContent(
        subject=Text("Grüße & <Küsse>", "ISO-8859-1"),
        text=Text("a+b=c&d"),
        html=Text("<p>", "UTF-8"),
    )
    assert (asked.from_address, asked.operation) == ("Ann, <a@example.com>", "SendEmail")
    assert asked.to == tuple(f"to{n}@example.net" for n in range(12)), "in the order given"
    assert (asked.cc, asked.bcc) == (("Cé <cc@example.net>",), ())
    assert (asked.reply_to, asked.feedback_to) == (("reply@example.com",), "feedback@example.com")
    assert asked.tags == (("campaign", "spring"), ("b", "c.d@e"))
    assert asked.configuration_set == "set"


def test_send_raw_email_reaches_accept_byte_for_byte(server, ses):
    answer = ses.send_raw_email(
        RawMessage=RAW,
        Source="b@example.com",
        Destinations=["x@example.net", "y@example.net"],
        Tags=TAGS,
        ConfigurationSetName="set",
    )
    assert answer["MessageId"] == MESSAGE_ID
    asked = server.sent[-1]
    assert asked.content == RawContent(RAW["Data"])
    assert (asked.operation, asked.from_address) == ("SendRawEmail", "b@example.com")
    assert (asked.to, asked.feedback_to) == (("x@example.net", "y@example.net"), "b@example.com")
    assert (asked.tags, asked.configuration_set) == (
        (("campaign", "spring"), ("b", "c.d@e")),
        "set",
    )


def test_a_raw_message_alone_is_enough(server, ses):
    ses.send_raw_email(RawMessage=RAW, Destinations=[])
    assert (server.sent[-1].to, server.sent[-1].from_address) == ((), None)


def test_a_large_raw_message_comes_whole(server, ses):
    data = bytes(range(256)) * 8_192 + b"\xff\xfe\xfb" * 100_000
    ses.send_raw_email(RawMessage={"Data": data})
    assert server.sent[-1].content == RawContent(data)


NULL = (
    "1 validation error detected: Value at '{}' failed to satisfy constraint: "
    "Member must not be null"
)
REFUSED = [
    ({"Source": None}, "ValidationError", NULL.format("source")),
    ({"Destination": {}}, "ValidationError", NULL.format("destination")),
    ({"Message": {"Body": {"Text": {"Data": "x"}}}}, "ValidationError",
     NULL.format("message.subject")),
    ({"Message": {"Subject": {"Charset": "x"}, "Body": {"Text": {"Data": "x"}}}},
     "ValidationError", NULL.format("message.subject.data")),
    ({"Message": {"Subject": {"Data": "x"}, "Body": {"Html": {"Charset": "x"}}}},
     "ValidationError", NULL.format("message.body.html.data")),
    ({"Tags": [{"Name": "a"}]}, "ValidationError", NULL.format("tags.1.member.value")),
    ({"Source": "a\0"}, "ValidationError", "The request contains a NUL character."),
    ({"SourceArn": "arn:aws:ses:us-east-1:999999999999:identity/example.com"},
     "InvalidParameterValue",
     "Sending on behalf of another account's identity is not supported."),
]  # fmt: skip


@pytest.mark.parametrize(("members", "code", "text"), REFUSED)
def test_what_can_not_be_read_is_refused(server, ses, members, code, text):
    before = len(server.sent)
    asked = {name: value for name, value in (WHOLE | members).items() if value is not None}
    assert refused(ses.send_email, **asked) == (code, 400, text)
    assert len(server.sent) == before
