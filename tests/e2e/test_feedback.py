"""The mailbox simulator and feedback by mail, from a client's call to the mail that comes."""

import base64
import email
import email.policy
from email.message import EmailMessage

import pytest

from tests.e2e.conftest import RECEIVER, SERVICE, World
from tests.e2e.letters import simple
from tests.peers.node import Node
from tests.peers.wait import ARRIVAL_SECONDS, until

SES = "simulator.amazonses.com"


def send(node: Node, sender: str, to: str, service: str = "sesv2") -> str:
    letter = simple(sender) | {"Destination": {"ToAddresses": [to]}}
    return str(node.client(service).send_email(**letter)["MessageId"])


def told_by_mail(node: Node, to: str) -> EmailMessage:
    """The mail that a sender gets, in capture mode."""
    found: list[dict] = []

    def there() -> bool:
        found[:] = [one for one in node.captured() if one["recipient"] == to]
        return bool(found)

    until(there, ARRIVAL_SECONDS, f"feedback to {to}")
    (one,) = found
    assert one["return_path"] == ""
    told = email.message_from_bytes(base64.b64decode(one["raw"]), policy=email.policy.default)
    assert isinstance(told, EmailMessage)
    return told


@pytest.mark.parametrize(
    ("mailbox", "events", "subject"),
    [
        ("success", ("Send", "Delivery"), None),
        ("bounce", ("Send", "Bounce"), "Delivery Status Notification (Failure)"),
        ("suppressionlist", ("Send", "Bounce"), "Delivery Status Notification (Failure)"),
        ("complaint", ("Send", "Delivery", "Complaint"), "Complaint about your message"),
        ("ooto", ("Send", "Delivery"), "Out of office: automatic reply"),
    ],
)
def test_the_simulator_is_told_of_by_events_and_by_mail(
    capture: Node, domain: str, mailbox: str, events: tuple[str, ...], subject: str | None
) -> None:
    service = "pinpoint-email" if mailbox == "bounce" else "sesv2"
    capture.client("sesv2").create_email_identity(EmailIdentity=domain)
    message_id = send(capture, f"me@{domain}", f"{mailbox}+a@{SES}", service)
    capture.events_when(message_id, *events)
    if subject is not None:
        assert told_by_mail(capture, f"me@{domain}")["Subject"] == subject
    client = capture.client("sesv2")
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_suppressed_destination(EmailAddress=f"{mailbox}+a@{SES}")


@pytest.mark.postfix
def test_where_mail_is_delivered_the_simulator_never_is(world: World, domain: str) -> None:
    world.verify(domain)
    world.zone.set(SES, "MX", f"10 mx.{RECEIVER}")
    for to in (f"complaint@{SES}", f"complaint@simulator.{SERVICE}"):
        message_id = send(world.node, f"me@{domain}", to)
        found = world.node.events_when(message_id, "Send", "Delivery", "Complaint")
        assert found[1]["delivery"]["smtpResponse"] == "250 2.6.0 Message received"
        assert found[2]["complaint"]["userAgent"] == "Amazon SES Mailbox Simulator"


@pytest.mark.postfix
def test_a_refusal_comes_into_the_senders_mailbox(world: World) -> None:
    world.verify(RECEIVER)
    letter = simple(f"ok@{RECEIVER}") | {
        "Destination": {"ToAddresses": [f"gone@{RECEIVER}"]},
        "FeedbackForwardingEmailAddress": f"also@{RECEIVER}",
    }
    message_id = world.node.client("sesv2").send_email(**letter)["MessageId"]
    world.node.events_when(message_id, "Send", "Bounce")
    copy = world.arrived("also", message_id)
    told = email.message_from_bytes(copy, policy=email.policy.default)
    assert (told["Return-Path"], told["From"]) == ("<>", f"MAILER-DAEMON@{SERVICE}")
    assert f"d={SERVICE}" in told["DKIM-Signature"]
    assert told.get_param("report-type") == "delivery-status"
