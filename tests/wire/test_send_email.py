"""SendEmail through botocore: what `accept` is asked, and what is refused before."""

import pytest

from pillarbox.model.contacts import ListChoice
from pillarbox.model.send import RawContent, SimpleContent, Text
from pillarbox.model.tracking_setup import TrackingOverride
from tests.wire.calls import refused, with_body
from tests.wire.server import MESSAGE_ID

TO = {"ToAddresses": ["to@example.net"]}
SIMPLE = {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "there"}}}}
RAW = {"Raw": {"Data": b"From: a@example.com\r\n\r\nhi\xff"}}
WHOLE = {
    "FromEmailAddress": "Ann, <a@example.com>",
    "Destination": {
        "ToAddresses": ["to@example.net"],
        "CcAddresses": ["Cé <cc@example.net>"],
        "BccAddresses": ["bcc@example.net"],
    },
    "ReplyToAddresses": ["reply@example.com"],
    "FeedbackForwardingEmailAddress": "feedback@example.com",
    "Content": {
        "Simple": {
            "Subject": {"Data": "Grüße", "Charset": "ISO-8859-1"},
            "Body": {"Text": {"Data": "t"}, "Html": {"Data": "<p>", "Charset": "UTF-8"}},
        }
    },
    "EmailTags": [{"Name": "campaign", "Value": "spring"}],
    "ConfigurationSetName": "set",
}


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_simple_message_reaches_accept_whole(request, server, account, api):
    answer = request.getfixturevalue(api).send_email(**WHOLE)
    assert answer["MessageId"] == MESSAGE_ID
    asked = server.sent[-1]
    assert asked.caller.account_id == account
    assert asked.content == SimpleContent(
        subject=Text("Grüße", "ISO-8859-1"), text=Text("t"), html=Text("<p>", "UTF-8")
    )
    assert (asked.from_address, asked.operation) == ("Ann, <a@example.com>", "SendEmail")
    assert (asked.to, asked.cc, asked.bcc) == (
        ("to@example.net",),
        ("Cé <cc@example.net>",),
        ("bcc@example.net",),
    )
    assert (asked.reply_to, asked.feedback_to) == (("reply@example.com",), "feedback@example.com")
    assert asked.tags == (("campaign", "spring"),)
    assert asked.configuration_set == "set"


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_raw_message_reaches_accept_byte_for_byte(request, server, api):
    request.getfixturevalue(api).send_email(Destination={}, Content=RAW)
    assert server.sent[-1].content == RawContent(RAW["Raw"]["Data"])
    assert server.sent[-1].to == ()


def test_v2_needs_no_destination_and_v1_does(server, v1, v2):
    v2.send_email(Content=RAW)
    with with_body(v1, {"Content": {"Raw": {"Data": "eA=="}}}):
        assert refused(v1.send_email, Content=RAW, Destination={}) == (
            "BadRequestException",
            400,
            (
                "1 validation error detected: Value at 'destination' failed to satisfy constraint: "
                "Member must not be null"
            ),
        )


def test_v2_headers_reach_accept_and_v1_ignores_them(server, v1, v2):
    simple = SIMPLE["Simple"] | {"Headers": [{"Name": "List-Id", "Value": "<l.example>"}]}
    v2.send_email(Content={"Simple": simple}, Destination=TO)
    assert server.sent[-1].content.headers == (("List-Id", "<l.example>"),)
    with with_body(v1, {"Content": {"Simple": simple}, "Destination": TO}):
        v1.send_email(Content=SIMPLE, Destination=TO)
    assert server.sent[-1].content.headers == ()


def simple(**members):
    return {"Content": {"Simple": SIMPLE["Simple"] | members}}


BAD_ARN = "TemplateArn is not the expected format"
FOREIGN_ARN = "arn:aws:ses:us-east-1:000000000001:template/x"
FOREIGN_TEMPLATE = "Sending with another account's template is not supported."
ONE_TEMPLATE = "Provide exactly one of TemplateName, TemplateArn and TemplateContent."
ONE_KIND = "Provide exactly one of Simple, Raw and Template in Content."
NULL = (
    "1 validation error detected: Value at '{}' failed to satisfy constraint: "
    "Member must not be null"
)
B = "BadRequestException"
S = "SerializationException"
REFUSED = [
    ({"Content": {}}, B, ONE_KIND),
    ({"Content": SIMPLE | {"Raw": {"Data": "eA=="}}}, B, ONE_KIND),
    ({"Content": {"Template": {"TemplateArn": "x"}}}, B, BAD_ARN),
    ({"Content": {"Template": {"TemplateArn": "arn:aws:ses:us-east-1:1:identity/x"}}}, B, BAD_ARN),
    ({"Content": {"Template": {"TemplateArn": FOREIGN_ARN}}}, B, FOREIGN_TEMPLATE),
    ({"Content": {"Template": {"TemplateData": "{}"}}}, B, ONE_TEMPLATE),
    (simple(Body={}), B, "The message body must have a Text or an Html part."),
    ({"Content": None}, B, NULL.format("content")),
    ({"Content": {"Simple": {"Body": {}}}}, B, NULL.format("content.simple.subject")),
    (simple(Subject={}), B, NULL.format("content.simple.subject.data")),
    ({"Content": {"Raw": {}}}, B, NULL.format("content.raw.data")),
    ({"Content": {"Raw": {"Data": "!"}}}, S,
     "The value at 'content.raw.data' is not valid base64."),
    (simple(Subject={"Data": 5}), S, "NUMBER_VALUE can not be converted to a String"),
    ({"Destination": {"ToAddresses": "x"}}, S, "Expected list or null"),
    ({"Destination": []}, S, "Expected null"),
]  # fmt: skip


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize(("members", "code", "text"), REFUSED)
def test_what_can_not_be_read_is_refused(request, server, api, members, code, text):
    client = request.getfixturevalue(api)
    before = len(server.sent)
    with with_body(client, {"Content": SIMPLE, "Destination": TO} | members):
        assert refused(client.send_email, Content=SIMPLE, Destination=TO) == (code, 400, text)
    assert len(server.sent) == before


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("EndpointId", "x"),
        ("TenantName", "x"),
    ],
)
def test_v2_refuses_what_would_have_no_effect(v2, member, value):
    with with_body(v2, {"Content": SIMPLE, "Destination": TO, member: value}):
        text = refused(v2.send_email, Content=SIMPLE, Destination=TO)[2]
    assert text == f"{member} is not supported yet."


@pytest.mark.parametrize(
    ("overrides", "opens", "clicks"),
    [
        ({"OpenTrackingEnabled": "ENABLED"}, True, None),
        ({"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "ENABLED"}, False, True),
        ({}, None, None),
    ],
)
def test_v2_tracks_a_message_as_it_says_itself(server, v2, overrides, opens, clicks):
    v2.send_email(Content=RAW, ConfigurationOverrides={"Tracking": overrides})
    assert server.sent[-1].tracking == TrackingOverride(opens=opens, clicks=clicks)


@pytest.mark.parametrize(
    "content", [RAW, {"Template": {"TemplateName": "T"}}], ids=["raw", "template"]
)
def test_v2_names_a_contact_list(server, v2, content):
    options = {"ContactListName": "shop", "TopicName": "news"}
    v2.send_email(Content=content, ListManagementOptions=options)
    assert server.sent[-1].contact_list == ListChoice(list_name="shop", topic="news")


def test_an_identity_arn_must_be_the_accounts_own(server, account, v2):
    arn = "arn:aws:ses:us-east-1:{}:identity/example.com"
    own, foreign = arn.format(account), arn.format("999999999999")
    v2.send_email(Content=RAW, FromEmailAddressIdentityArn=own)
    assert refused(v2.send_email, Content=RAW, FromEmailAddressIdentityArn=foreign)[2] == (
        "Sending on behalf of another account's identity is not supported."
    )
