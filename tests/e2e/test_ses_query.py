"""SES v1, the Query API, against a running node: boto3 and the AWS CLI as applications use them."""

import pytest

from tests.e2e.conftest import RECEIVER, World
from tests.e2e.test_aws_cli import answer, aws
from tests.peers.node import Node
from tests.wire.calls import refused

BODY = {"Text": {"Data": "Hello\n"}, "Html": {"Data": "<p>Hällo</p>"}}
MESSAGE = {"Subject": {"Data": "Grüße"}, "Body": BODY}
TO = ["a@receiver.example", "b@receiver.example"]


def raw(sender: str) -> bytes:
    """A message that names its recipients itself, with every octet that a form escapes."""
    head = f"From: {sender}\r\nTo: {', '.join(TO)}\r\nSubject: raw\r\n\r\n"
    return head.encode() + b"+&=%/?~ \r\n" * 300 + b"\xff\xfb\xef" * 300 + b"\r\n"


@pytest.mark.parametrize("kind", ["SendEmail", "SendRawEmail"])
def test_a_message_sent_with_boto3_arrives(capture: Node, domain: str, kind: str) -> None:
    capture.client("sesv2").create_email_identity(EmailIdentity=domain)
    client, sender = capture.client("ses"), f"me@{domain}"
    if kind == "SendEmail":
        sent = client.send_email(
            Source=f"Me <{sender}>", Destination={"ToAddresses": TO}, Message=MESSAGE
        )
    else:
        sent = client.send_raw_email(RawMessage={"Data": raw(sender)})
    events = capture.events_when(sent["MessageId"], "Send", "Delivery", "Delivery")
    delivered = [one["delivery"]["recipients"] for one in events if "delivery" in one]
    assert sorted(delivered) == [[one] for one in TO]
    assert events[0]["mail"]["tags"]["ses:operation"] == [kind]


def test_a_message_sent_with_the_command_line_arrives(capture: Node, domain: str) -> None:
    capture.client("sesv2").create_email_identity(EmailIdentity=domain)
    sent = answer(
        aws(
            capture,
            "ses",
            "send-email",
            "--from",
            f"me@{domain}",
            "--to",
            TO[0],
            "--subject",
            "Grüße",
            "--text",
            "Hello",
        )
    )
    capture.events_when(sent["MessageId"], "Send", "Delivery")


def test_the_command_line_reads_an_error(capture: Node) -> None:
    sending = ("--from", "me@nobody.example", "--to", TO[0], "--subject", "x", "--text", "y")
    done = aws(capture, "ses", "send-email", *sending)
    assert done.returncode != 0
    assert "(MessageRejected)" in done.stderr
    assert "Email address is not verified." in done.stderr


def test_an_error_has_its_code_status_and_words(capture: Node, domain: str) -> None:
    capture.client("sesv2").create_email_identity(EmailIdentity=domain)
    asked = {
        "Source": f"me@{domain}",
        "Destination": {"ToAddresses": TO},
        "Message": MESSAGE,
        "ConfigurationSetName": "a<b>&c",
    }
    assert refused(capture.client("ses").send_email, **asked) == (
        "ConfigurationSetDoesNotExist",
        400,
        "Configuration set <a<b>&c> does not exist.",
    )


@pytest.mark.postfix
def test_a_bounce_arrives_with_the_null_return_path(world: World) -> None:
    world.verify(RECEIVER)
    client, sender, other = world.node.client("ses"), f"ok@{RECEIVER}", f"also@{RECEIVER}"
    sent = client.send_email(Source=sender, Destination={"ToAddresses": [other]}, Message=MESSAGE)
    bounced = client.send_bounce(
        OriginalMessageId=sent["MessageId"],
        BounceSender=f"daemon@{RECEIVER}",
        BouncedRecipientInfoList=[{"Recipient": other, "BounceType": "DoesNotExist"}],
    )
    copy = world.arrived("ok", bounced["MessageId"])
    head = copy.partition(b"\n\n")[0]
    assert b"Return-Path: <>" in head
    assert b"report-type=delivery-status" in head
    assert sent["MessageId"].encode() in copy
    original = world.arrived("also", sent["MessageId"])
    assert b"Return-Path: <>" not in original
