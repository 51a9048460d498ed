"""Mail that comes back to a running node: what a receiver reports becomes events and an entry."""

import smtplib
from collections.abc import Iterator

import pytest

from tests.e2e.letters import simple
from tests.inbound_reports import OUT_OF_OFFICE, arf, dsn, original
from tests.peers.node import Node
from tests.peers.wait import ARRIVAL_SECONDS


@pytest.fixture
def receiver(capture: Node) -> Iterator[smtplib.SMTP]:
    """The receiver's mail system, connected to the inbound listener."""
    with smtplib.SMTP("127.0.0.1", capture.inbound_port, timeout=ARRIVAL_SECONDS) as session:
        yield session


def send(node: Node, domain: str, to: str) -> str:
    """Send a message from a new domain to one recipient."""
    node.client("sesv2").create_email_identity(EmailIdentity=domain)
    return send_again(node, domain, to)


def send_again(node: Node, domain: str, to: str) -> str:
    """Send another message from the domain."""
    letter = simple(f"me@{domain}") | {"Destination": {"ToAddresses": [to]}}
    return str(node.client("sesv2").send_email(**letter)["MessageId"])


def return_path(node: Node, message_id: str) -> str:
    """The return path of the message, once it is delivered."""
    node.events_when(message_id, "Send", "Delivery")
    (copy,) = [one for one in node.captured() if one["message_id"] == message_id]
    return str(copy["return_path"])


def test_a_report_becomes_a_bounce_and_stops_the_next_message(
    capture: Node, receiver: smtplib.SMTP, domain: str
) -> None:
    to = f"gone@{domain}"
    message_id = send(capture, domain, to)
    path = return_path(capture, message_id)
    for _ in range(2):
        assert receiver.sendmail("", [path], dsn(to)) == {}
    told = capture.events_when(message_id, "Send", "Delivery", "Bounce")[-1]["bounce"]
    assert (told["bounceType"], told["reportingMTA"]) == ("Permanent", "dns; mx.example.org")
    client = capture.client("sesv2")
    entry = client.get_suppressed_destination(EmailAddress=to)["SuppressedDestination"]
    assert entry["Reason"] == "BOUNCE"
    assert entry["Attributes"] == {"MessageId": message_id, "FeedbackId": told["feedbackId"]}
    after = capture.events_when(send_again(capture, domain, to), "Send", "Bounce")[-1]
    assert after["bounce"]["bounceSubType"] == "OnAccountSuppressionList"


def test_a_complaint_to_the_feedback_address_counts_when_the_original_is_ours(
    capture: Node, receiver: smtplib.SMTP, domain: str
) -> None:
    to = f"cross@{domain}"
    message_id = send(capture, domain, to)
    path = return_path(capture, message_id)
    feedback = f"feedback@{path.partition('@')[2]}"
    forged = arf(returned=original(message_id=message_id))
    receiver.sendmail("forger@isp.example", [feedback], forged)
    assert len(capture.events(message_id)) == 2
    (kept, *_) = capture.run("reports", "list", "--json")
    assert (kept["sender"], kept["message_id"]) == ("forger@isp.example", message_id)
    receiver.sendmail("fbl@isp.example", [feedback], arf(returned=original(path)))
    told = capture.events_when(message_id, "Send", "Delivery", "Complaint")[-1]["complaint"]
    assert told["complainedRecipients"] == [{"emailAddress": to}]
    receiver.sendmail("", [path], OUT_OF_OFFICE)
    assert len(capture.events(message_id)) == 3


def test_nothing_is_taken_for_anybody_else(
    capture: Node, receiver: smtplib.SMTP, domain: str
) -> None:
    path = return_path(capture, send(capture, domain, f"ok@{domain}"))
    local, _, bounces = path.partition("@")
    changed = ("b" if local[0] == "a" else "a") + local[1:]
    receiver.ehlo("mx.example.org")
    assert not receiver.has_extn("auth")
    receiver.mail("")
    for address in (
        "somebody@receiver.example",
        f"me@{domain}",
        f"postmaster@{bounces}",
        f"{changed}@{bounces}",
        f"{local[:-1]}@{bounces}",
        f"x{local}@{bounces}",
        f"{local}%receiver.example@{bounces}",
        f"@receiver.example:{local}@{bounces}",
        f"feedback@{domain}",
        local,
        "feedback",
        "postmaster",
    ):
        code, text = receiver.rcpt(address)
        assert 500 <= code < 600, (address, code, text)
    assert receiver.rcpt(f"somebody@{bounces}") == (550, b"5.1.1 No such address here")
    assert receiver.docmd("DATA")[0] >= 500
    receiver.rset()
    receiver.mail("")
    assert receiver.rcpt(path)[0] == 250
