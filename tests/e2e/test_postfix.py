"""Delivery to Debian's Postfix: what arrives, and what becomes of each recipient of a message."""

import re
from typing import Any

import pytest

from tests.e2e.conftest import World
from tests.peers.postfix_mx import LATER, without_own_fields
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = pytest.mark.postfix
LATER_REPLY = LATER.replace(
    "4.7.1 ", "4.7.1 <later@receiver.example>: Recipient address rejected: "
)
BODY = (
    "Zeile mit Umlauten: äöü\r\n"
    ".\r\n"
    "..two dots\r\n"
    "trailing blanks \t \r\n"
    f"{'x' * 990}\r\n"
    "\r\n"
    "the end, and empty lines\r\n"
    "\r\n"
    "\r\n"
).encode()


def send_raw(world: World, domain: str, *to: str) -> tuple[str, bytes]:
    """Send a message that is easily spoiled; give its id and its header."""
    header = (
        f"From: Me <me@{domain}>\r\n"
        "To: ok@receiver.example\r\n"
        "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n  on two lines\r\n"
        "X-Own:  two blanks,\ta tab \r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n"
    ).encode()
    sent = world.node.client("pinpoint-email").send_email(
        Destination={"ToAddresses": list(to)},
        Content={"Raw": {"Data": header + b"\r\n" + BODY}},
    )
    return sent["MessageId"], header


def test_each_recipient_of_a_message_fares_on_its_own(world: World, domain: str) -> None:
    world.verify(domain)
    users = ("ok", "unknown", "later", "also")
    message_id, _ = send_raw(world, domain, *(f"{user}@receiver.example" for user in users))
    events = world.node.events_when(message_id, "Send", "Delivery", "Delivery", "Bounce")
    delivered = [one["delivery"] for one in events if one["eventType"] == "Delivery"]
    assert {one["recipients"][0] for one in delivered} == {
        "ok@receiver.example",
        "also@receiver.example",
    }
    assert all(one["smtpResponse"].startswith("250 2.0.0 Ok: queued as") for one in delivered)
    (bounce,) = [one["bounce"] for one in events if one["eventType"] == "Bounce"]
    assert_unknown_user(bounce)
    for user in ("ok", "also"):
        world.arrived(user, message_id)
    until(
        lambda: (
            [(who, reply) for who, _, reply in world.waiting(message_id)]
            == [("later@receiver.example", LATER_REPLY)]
        ),
        ARRIVAL_SECONDS,
        "the recipient who is turned away for now to be alone in the queue",
    )


def assert_unknown_user(bounce: dict[str, Any]) -> None:
    """The Bounce is that of a mailbox that isn't there, in the words of Postfix."""
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    (recipient,) = bounce["bouncedRecipients"]
    assert recipient["emailAddress"] == "unknown@receiver.example"
    assert (recipient["action"], recipient["status"]) == ("failed", "5.1.1")
    assert "User unknown in virtual mailbox table" in recipient["diagnosticCode"]


def test_a_copy_is_what_was_sent_but_for_what_we_and_postfix_add(world: World, domain: str) -> None:
    world.verify(domain)
    message_id, header = send_raw(world, domain, "ok@receiver.example")
    _, message = without_own_fields(world.arrived("ok", message_id))
    ours = rb"DKIM-Signature: [^\r\n]+\r\n(?:\t[^\r\n]+\r\n)+Feedback-ID: [^\r\n]+\r\n"
    stamps = rb"Date: [^\r\n]+\r\nMessage-ID: <%b@[^\r\n]+>\r\n\r\n" % message_id.encode()
    assert re.fullmatch(ours + re.escape(header) + stamps + re.escape(BODY), message)


def test_it_came_encrypted_from_a_return_path_of_ours(world: World, domain: str) -> None:
    world.verify(domain)
    message_id, _ = send_raw(world, domain, "ok@receiver.example")
    own, _ = without_own_fields(world.arrived("ok", message_id))
    assert b"(using TLSv1.3 with cipher" in own
    assert b"with ESMTPS id" in own
    assert re.match(rb"Return-Path: <[a-z2-7]{1,64}@bounce\.pillarbox\.test>\n", own)
