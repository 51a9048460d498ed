"""Mail to a contact list through real servers: it is received, left with one click, and stops."""

import email
import email.policy
import http.client
from urllib.parse import urlsplit

import dkim
import dns.message
import dns.query
import dns.rdatatype
import pytest

from tests.e2e import submission
from tests.e2e.conftest import World
from tests.peers.node import Node
from tests.peers.postfix_mx import without_own_fields
from tests.peers.ses_records import SubscriptionEvent, read_event
from tests.peers.wait import ARRIVAL_SECONDS, until
from tests.peers.webhook import webhook

ARN = "arn:aws:sns:us-east-1:123456789012:leaving"
READER = "ok@receiver.example"
TOPIC = {"TopicName": "news", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_IN"}
CHOICE = {"ContactListName": "shop", "TopicName": "news"}


def ask(url: str, method: str, body: bytes = b"") -> tuple[int, str]:
    """Ask as a mail program does: status and text."""
    parts = urlsplit(url)
    host, port = str(parts.hostname), parts.port
    connection = http.client.HTTPConnection(host, port, timeout=ARRIVAL_SECONDS)
    try:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, parts.path, body, kind)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def signed_fields(world: World, message: bytes) -> set[str]:
    """The fields that the message's valid DKIM signature covers."""

    def look_up(name: bytes, **_: object) -> bytes | None:
        query = dns.message.make_query(name.decode(), dns.rdatatype.TXT)
        answer = dns.query.udp(query, "127.0.0.1", ARRIVAL_SECONDS, world.zone.port)
        texts = [one[0] for one in answer.answer if one.rdtype == dns.rdatatype.TXT]
        return b"".join(texts[0].strings) if texts else None

    assert dkim.verify(message, dnsfunc=look_up)
    field = email.message_from_bytes(message)["DKIM-Signature"]
    (names,) = [one.strip()[2:] for one in field.split(";") if one.strip().startswith("h=")]
    return {one.strip().lower() for one in names.split(":")}


@pytest.mark.postfix
def test_one_click_ends_a_topic_for_its_reader(world: World, domain: str) -> None:
    world.verify(domain)
    node, client = world.node, world.node.client("sesv2")
    client.create_contact_list(ContactListName="shop", Topics=[TOPIC])
    node.run("topics", "create", "leaving")
    client.create_configuration_set(ConfigurationSetName=domain.replace(".", "-"))
    client.create_configuration_set_event_destination(
        ConfigurationSetName=domain.replace(".", "-"),
        EventDestinationName="out",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SUBSCRIPTION"],
            "SnsDestination": {"TopicArn": ARN},
        },
    )

    def send() -> str:
        html = '<p>Hi. <a href="{{amazonSESUnsubscribeUrl}}">leave</a></p>'
        body = {"Html": {"Data": html}, "Text": {"Data": "leave: {{amazonSESUnsubscribeUrl}}"}}
        answer = client.send_email(
            FromEmailAddress=f"me@{domain}",
            Destination={"ToAddresses": [READER]},
            Content={"Simple": {"Subject": {"Data": "news"}, "Body": body}},
            ConfigurationSetName=domain.replace(".", "-"),
            ListManagementOptions=CHOICE,
        )
        return str(answer["MessageId"])

    with webhook() as hook:
        node.run("topics", "subscribe", "leaving", hook.url, "--raw")
        (asked,) = hook.of_type("SubscriptionConfirmation")
        confirm = urlsplit(asked.json["SubscribeURL"])
        assert node.get(f"{confirm.path}?{confirm.query}")[0] == 200
        sent = send()
        received = without_own_fields(world.arrived("ok", sent))[1]
        letter = email.message_from_bytes(received, policy=email.policy.default)
        url = letter["List-Unsubscribe"].strip("<>")
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert {"list-unsubscribe", "list-unsubscribe-post"} <= signed_fields(world, received)
        for kind in ("plain", "html"):
            part = letter.get_body((kind,))
            assert part is not None
            assert url in part.get_content()
        assert ask(url, "GET")[0] == 200
        assert ask(url[:-1], "POST", b"List-Unsubscribe=One-Click")[0] == 404
        of_reader = {"ContactListName": "shop", "EmailAddress": READER}
        assert client.get_contact(**of_reader)["TopicPreferences"] == []
        assert ask(url, "POST", b"List-Unsubscribe=One-Click")[0] == 200
        assert client.get_contact(**of_reader)["TopicPreferences"] == [
            {"TopicName": "news", "SubscriptionStatus": "OPT_OUT"}
        ]
        until(lambda: bool(hook.notifications), ARRIVAL_SECONDS, "the event")
        posted = hook.notifications[0]
        assert isinstance(read_event(posted.body), SubscriptionEvent)
        told = posted.json
        assert (told["eventType"], told["mail"]["messageId"]) == ("Subscription", sent)
        assert told["subscription"]["source"] == "UnsubscribeHeader"
    after = send()
    bounce = node.events_when(after, "Send", "Bounce")[-1]["bounce"]
    assert bounce["bounceSubType"] == "UnsubscribedRecipient"
    assert not [one for one in world.mx.delivered("ok") if after.encode() in one]


def test_mail_over_smtp_names_its_list_in_a_header(capture: Node, domain: str) -> None:
    client, sender = capture.client("sesv2"), submission.verified(capture, domain)
    client.create_contact_list(ContactListName="smtp", Topics=[TOPIC])
    field = "X-SES-LIST-MANAGEMENT-OPTIONS: smtp; topic=news"
    try:
        with submission.session(capture) as session:
            session.sendmail(sender, [READER], submission.letter(sender, "listed", field))
        (one,) = submission.captured_from(capture, sender)
        letter = email.message_from_bytes(one["raw"], policy=email.policy.default)
        assert letter["X-SES-LIST-MANAGEMENT-OPTIONS"] is None
        url = letter["List-Unsubscribe"].strip("<>")
        assert ask(url, "POST", b"List-Unsubscribe=One-Click")[0] == 200
        key = {"ContactListName": "smtp", "EmailAddress": READER}
        (said,) = client.get_contact(**key)["TopicPreferences"]
        assert said["SubscriptionStatus"] == "OPT_OUT"
    finally:
        client.delete_contact_list(ContactListName="smtp")
