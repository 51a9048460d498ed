"""Mail from templates against a running node: rendered for each, told when it can't be."""

import email
import email.policy
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pillarbox.deliver.capture import CapturedMessage
from tests.peers.mailbox import captured_copies, captured_mail
from tests.peers.node import Node
from tests.peers.wait import until

#: How many calls of a bulk: some for each run, 200 (10,000 destinations) to try it at length.
CALLS, DESTINATIONS = int(os.environ.get("PILLARBOX_TEST_BULKS", "20")), 50
BULK_SECONDS = 60 + CALLS
TEMPLATE = {
    "Subject": "Order {{order}}",
    "Text": "Dear {{name}},{{#each items}} {{@index}}:{{this}}{{/each}}",
    "Html": "<p>Dear {{name}}, <a href='https://shop.example/{{order}}'>see {{shop}}</a></p>",
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of its own: other tests look through what theirs has captured."""
    with Node.start(tmp_path_factory.mktemp("templates")) as started:
        client = started.client("sesv2")
        client.create_email_identity(EmailIdentity="shop.example")
        client.create_email_template(TemplateName="Order", TemplateContent=TEMPLATE)
        yield started


@pytest.mark.timeout(BULK_SECONDS + 100)
def test_a_thousand_destinations_each_get_their_own(node: Node) -> None:
    def entry(number: int) -> dict[str, object]:
        data = {"name": f"N<{number}>", "order": number, "items": ["a", number]}
        replacement = {"ReplacementTemplateData": json.dumps(data)}
        return {
            "Destination": {"ToAddresses": [f"r{number}@d{number % 40}.example"]},
            "ReplacementEmailContent": {"ReplacementTemplate": replacement},
        }

    def send(call: int) -> list[str]:
        first = call * DESTINATIONS
        answer = node.client("sesv2").send_bulk_email(
            FromEmailAddress="me@shop.example",
            DefaultContent={"Template": {"TemplateName": "Order", "TemplateData": '{"shop": "S"}'}},
            BulkEmailEntries=[entry(number) for number in range(first, first + DESTINATIONS)],
        )
        return [one["MessageId"] for one in answer["BulkEmailEntryResults"]]

    with ThreadPoolExecutor(4) as threads:
        ids = [one for part in threads.map(send, range(CALLS)) for one in part]
    assert len(set(ids)) == CALLS * DESTINATIONS

    found: dict[str, CapturedMessage] = {}

    def all_there() -> bool:
        if len(captured_copies(node.data)) < len(ids):
            return False
        found.update((one.message_id, one) for one in captured_mail(node.data))
        return found.keys() >= set(ids)

    until(all_there, BULK_SECONDS, "all mail of the bulks to arrive")
    for number, message_id in enumerate(ids):
        mail = email.message_from_bytes(found[message_id].raw, policy=email.policy.default)
        parts = [part.get_content() for part in mail.iter_parts()]
        assert found[message_id].recipient == f"r{number}@d{number % 40}.example"
        assert mail["Subject"] == f"Order {number}"
        assert parts[0].rstrip() == f"Dear N<{number}>, 0:a 1:{number}"
        assert parts[1].rstrip() == (
            f"<p>Dear N&lt;{number}&gt;, <a href='https://shop.example/{number}'>see S</a></p>"
        )


def test_what_can_not_be_rendered_becomes_a_rendering_failure(node: Node) -> None:
    client = node.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="failures")
    sent = client.send_email(
        FromEmailAddress="me@shop.example",
        Destination={"ToAddresses": ["a@one.example", "b@two.example"]},
        Content={"Template": {"TemplateName": "Order", "TemplateData": '{"order": 1}'}},
        ConfigurationSetName="failures",
    )["MessageId"]
    _, failed = node.events_when(sent, "Send", "Rendering Failure")
    assert failed["failure"] == {
        "errorMessage": "Attribute 'name' is not present in the rendering data.",
        "templateName": "Order",
    }
    mail = failed["mail"]
    assert mail["messageId"] == sent
    assert mail["destination"] == ["a@one.example", "b@two.example"]
    assert mail["tags"]["ses:configuration-set"] == ["failures"]
    assert {"timestamp", "source", "sourceArn", "sendingAccountId"} <= set(mail)
    shown = node.run("queue", "show", sent)
    assert shown.count("rendering failed") == 2
    assert all(one.message_id != sent for one in captured_mail(node.data))


def test_events_show_the_whole_header_once_the_message_is_made(node: Node) -> None:
    sent = node.client("sesv2").send_email(
        FromEmailAddress="me@shop.example",
        Destination={"ToAddresses": ["a@one.example"]},
        Content={"Template": {"TemplateContent": {"Subject": "Grüße {{a}}", "Text": "x"}}},
    )["MessageId"]
    failed = node.events_when(sent, "Send", "Rendering Failure")
    assert [one["name"] for one in failed[1]["mail"]["headers"]] == ["From", "To", "MIME-Version"]
    sent = node.client("sesv2").send_email(
        FromEmailAddress="me@shop.example",
        Destination={"ToAddresses": ["a@one.example"]},
        Content={
            "Template": {
                "TemplateContent": {"Subject": "Grüße {{x.y}}", "Text": "x"},
                "TemplateData": '{"x": {"y": 1}}',
            }
        },
    )["MessageId"]
    delivered = node.events_when(sent, "Send", "Delivery")[1]["mail"]
    assert delivered["commonHeaders"]["subject"] == "Grüße 1"
    assert {"Date", "Content-Type"} <= {one["name"] for one in delivered["headers"]}
    assert delivered["tags"]["ses:operation"] == ["SendEmail"]


def test_broken_syntax_that_comes_with_the_call_becomes_a_rendering_failure(node: Node) -> None:
    message_id = node.client("sesv2").send_email(
        FromEmailAddress="me@shop.example",
        Destination={"ToAddresses": ["a@one.example"]},
        Content={"Template": {"TemplateContent": {"Subject": "s", "Text": "{{#if x}}"}}},
    )["MessageId"]
    _, failed = node.events_when(message_id, "Send", "Rendering Failure")
    assert failed["failure"] == {
        "errorMessage": "Parse error on line 1: the block 'if' is not closed.",
        "templateName": None,
    }
