"""Capture mode: the mailbox over HTTP, and who may look into it without a signature."""

import base64
import email
import email.policy
import json

import pytest

from tests.e2e.letters import raw, simple
from tests.peers.node import Node
from tests.peers.wait import ARRIVAL_SECONDS, until


def send(node: Node, domain: str, count: int) -> list[str]:
    """Send so many messages one after another, and give their ids once they are all captured."""
    client = node.client("sesv2")
    client.create_email_identity(EmailIdentity=domain)
    ids = [client.send_email(**simple(f"me@{domain}"))["MessageId"] for _ in range(count)]
    for one in ids:
        node.events_when(one, "Send", "Delivery")
    return ids


def test_the_newest_message_comes_first_and_pages_go_on_before(capture: Node, domain: str) -> None:
    mine = send(capture, domain, 3)
    pages = [capture.captured("?limit=2")]
    while mine[0] not in [one["message_id"] for one in pages[-1]]:
        last = pages[-1][-1]["message_id"]
        pages.append(capture.captured(f"?limit=2&before={last}"))
    assert [len(page) for page in pages[:-1]] == [2] * (len(pages) - 1)
    shown = [one["message_id"] for page in pages for one in page]
    assert shown == sorted(shown, reverse=True)
    # Mail about what earlier tests did may come between them.
    assert [one for one in shown if one in mine] == mine[::-1]


def test_a_captured_message_is_what_would_have_been_sent(capture: Node, domain: str) -> None:
    client = capture.client("pinpoint-email")
    client.create_email_identity(EmailIdentity=domain)
    sent = client.send_email(**raw(f"me@{domain}"))["MessageId"]
    until(
        lambda: sum(one["message_id"] == sent for one in capture.captured()) == 2,
        ARRIVAL_SECONDS,
        "both copies",
    )
    copies = [one for one in capture.captured() if one["message_id"] == sent]
    assert {one["recipient"] for one in copies} == {"a@receiver.example", "b@receiver.example"}
    assert {one["sender"] for one in copies} == {f"me@{domain}"}
    for one in copies:
        message = email.message_from_bytes(
            base64.b64decode(one["raw"]), policy=email.policy.default
        )
        assert message["Subject"] == "raw"
        assert f"d={domain}" in message["DKIM-Signature"]
        assert message["Message-ID"].startswith(f"<{sent}@")


@pytest.mark.parametrize("query", ["?limit=0", "?limit=1001", "?limit=x", "?before=x"])
def test_a_page_that_makes_no_sense_is_refused(capture: Node, query: str) -> None:
    assert capture.get(f"/_pillarbox/captured{query}")[0] == 400


FOREIGN = [
    {"X-Forwarded-For": "192.0.2.1"},
    {"X-Forwarded-Host": "mail.example"},
    {"Forwarded": "for=192.0.2.1"},
    {"Host": "mail.example"},
    {"Host": "127.0.0.1.mail.example"},
    {"Origin": "https://mail.example"},
    {"Origin": "https://localhost.mail.example"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("path", ["captured", f"events?message_id={'0' * 60}"])
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_who_may_come_from_elsewhere_needs_a_signature(
    capture: Node, path: str, headers: dict[str, str]
) -> None:
    status, _, body = capture.get(f"/_pillarbox/{path}", **headers)
    assert status == 403
    assert json.loads(body) == {"message": "Request is missing Authentication Token"}


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1", "[::1]:8025"])
def test_this_machine_needs_none(capture: Node, host: str) -> None:
    assert capture.get("/_pillarbox/captured?limit=1", Host=host)[0] == 200


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:8025"])
def test_nor_does_a_page_of_this_machine(capture: Node, origin: str) -> None:
    assert capture.get("/_pillarbox/captured?limit=1", Origin=origin)[0] == 200
