"""boto3 against a running node: both JSON APIs, as an application uses them."""

import base64
import email
import email.policy
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.letters import raw, simple
from tests.peers.node import Node
from tests.wire.calls import refused

BOTH = pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])


@BOTH
def test_an_identity_lives_from_create_to_delete(capture: Node, service: str, domain: str) -> None:
    client = capture.client(service)
    created = client.create_email_identity(EmailIdentity=domain)
    assert (created["IdentityType"], len(created["DkimAttributes"]["Tokens"])) == ("DOMAIN", 3)
    shown = client.get_email_identity(EmailIdentity=domain)
    assert shown["DkimAttributes"]["Tokens"] == created["DkimAttributes"]["Tokens"]
    assert shown["VerifiedForSendingStatus"] is True, "capture mode verifies all"
    client.delete_email_identity(EmailIdentity=domain)
    gone = ("NotFoundException", 404, f"Email identity {domain} does not exist.")
    assert refused(client.get_email_identity, EmailIdentity=domain) == gone


@BOTH
def test_a_configuration_set_lives_from_create_to_delete(
    capture: Node, service: str, domain: str
) -> None:
    client, name = capture.client(service), domain.replace(".", "-")
    client.create_configuration_set(
        ConfigurationSetName=name, SendingOptions={"SendingEnabled": False}
    )
    shown = client.get_configuration_set(ConfigurationSetName=name)
    assert shown["ConfigurationSetName"] == name
    assert shown["SendingOptions"] == {"SendingEnabled": False}
    again = refused(client.create_configuration_set, ConfigurationSetName=name)
    assert again[:2] == ("AlreadyExistsException", 400)
    client.delete_configuration_set(ConfigurationSetName=name)
    gone = ("NotFoundException", 404, f"Configuration set <{name}> does not exist.")
    assert refused(client.get_configuration_set, ConfigurationSetName=name) == gone


@BOTH
@pytest.mark.parametrize("kind", ["Simple", "Raw"])
def test_a_message_is_accepted_and_delivered(
    capture: Node, service: str, kind: str, domain: str
) -> None:
    client, sender = capture.client(service), f"me@{domain}"
    client.create_email_identity(EmailIdentity=domain)
    to = ("a@receiver.example", "b@receiver.example")
    sent = client.send_email(**(simple(sender, *to) if kind == "Simple" else raw(sender)))
    events = capture.events_when(sent["MessageId"], "Send", "Delivery", "Delivery")
    delivered = [one["delivery"]["recipients"] for one in events if "delivery" in one]
    assert sorted(delivered) == [[one] for one in to]


@BOTH
@pytest.mark.parametrize(
    ("call", "key", "name"),
    [
        ("list_email_identities", "EmailIdentities", lambda one: one["IdentityName"]),
        ("list_configuration_sets", "ConfigurationSets", str),
    ],
)
def test_a_list_comes_in_pages_without_gap_or_repeat(
    capture: Node, service: str, call: str, key: str, name: Callable[[Any], str], domain: str
) -> None:
    client = capture.client(service)
    mine = [f"page{n}-{domain.replace('.', '-')}" for n in range(5)]
    for one in mine:
        if key == "EmailIdentities":
            client.create_email_identity(EmailIdentity=f"{one}.example")
        else:
            client.create_configuration_set(ConfigurationSetName=one)
    pages = [getattr(client, call)(PageSize=2)]
    while token := pages[-1].get("NextToken"):
        pages.append(getattr(client, call)(PageSize=2, NextToken=token))
    assert [len(page[key]) for page in pages[:-1]] == [2] * (len(pages) - 1)
    listed = [name(one).removesuffix(".example") for page in pages for one in page[key]]
    assert len(listed) == len(set(listed))
    assert set(mine) <= set(listed)
    answer = refused(getattr(client, call), PageSize=2, NextToken="forged")
    assert answer[:2] == ("BadRequestException", 400)


UNVERIFIED = (
    "Email address is not verified. The following identities failed the check in region "
    "US-EAST-1: me@nobody.example"
)
MANY = [f"r{n}@receiver.example" for n in range(51)]
ODD = {"Simple": {"Subject": {"Data": "Hi", "Charset": "x-none"}, "Body": {"Text": {"Data": "."}}}}
REFUSED = [
    ({"FromEmailAddress": "me@nobody.example"}, "MessageRejected", 400, UNVERIFIED),
    ({"ConfigurationSetName": "none"}, "NotFoundException", 404,
     "Configuration set <none> does not exist."),
    ({"Content": ODD}, "BadRequestException", 400, None),
    ({"Destination": {"ToAddresses": MANY}}, "BadRequestException", 400,
     "Recipient count exceeds 50."),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("change", "code", "status", "text"), REFUSED)
def test_a_message_that_may_not_go_is_refused_in_the_real_words(
    capture: Node,
    service: str,
    domain: str,
    change: dict[str, object],
    code: str,
    status: int,
    text: str | None,
) -> None:
    client = capture.client(service)
    client.create_email_identity(EmailIdentity=domain)
    answer = refused(client.send_email, **simple(f"me@{domain}") | change)
    assert answer[:2] == (code, status)
    assert answer[2] == text if text else "x-none" in answer[2]


def test_files_of_a_simple_message_arrive(capture: Node, domain: str) -> None:
    client, sender = capture.client("sesv2"), f"me@{domain}"
    client.create_email_identity(EmailIdentity=domain)
    request: dict[str, Any] = simple(sender, f"files@{domain}")
    data = bytes(range(256)) * 400
    files: list[dict[str, Any]] = [
        {"RawContent": data, "FileName": "grün.bin"},
        {
            "RawContent": b"GIF89a",
            "FileName": "logo.gif",
            "ContentDisposition": "INLINE",
            "ContentId": "logo",
            "ContentDescription": "Our logo",
            "ContentType": "image/gif",
        },
    ]
    request["Content"]["Simple"]["Attachments"] = files
    sent = client.send_email(**request)["MessageId"]
    capture.events_when(sent, "Send", "Delivery")
    (copy,) = [one for one in capture.captured() if one["message_id"] == sent]
    message = email.message_from_bytes(base64.b64decode(copy["raw"]), policy=email.policy.default)
    found = {part.get_filename(): part for part in message.walk() if part.get_filename()}
    assert found["grün.bin"].get_payload(decode=True) == data
    assert found["logo.gif"]["Content-ID"] == "<logo>"
