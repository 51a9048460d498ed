"""Handing in mail over SMTP to a running node, and finding it where it arrives."""

import base64
import json
import smtplib
import ssl
from typing import Any

from tests.peers.node import KEY_ID, SMTP_PASSWORD, Node
from tests.peers.wait import ARRIVAL_SECONDS, until


def letter(sender: str, subject: str = "over SMTP", *headers: str, end: str = "\r\n") -> bytes:
    """A small letter to somebody who is not the recipient."""
    lines = [f"From: Me <{sender}>", "To: list@example.net", f"Subject: {subject}", *headers]
    return end.join([*lines, "", "Hello,", ".", "..two dots", ""]).encode()


def trusting(node: Node) -> ssl.SSLContext:
    """TLS as a client has it that trusts the node's self-made certificate, and verifies it."""
    return ssl.create_default_context(cafile=str(node.data / "self-made.pem"))


def session(node: Node, *, log_in: bool = True) -> smtplib.SMTP:
    """A session under STARTTLS."""
    client = smtplib.SMTP("127.0.0.1", node.smtp_port, timeout=ARRIVAL_SECONDS)
    client.starttls(context=trusting(node))
    if log_in:
        client.login(KEY_ID, SMTP_PASSWORD)
    return client


def verified(node: Node, domain: str) -> str:
    """An address that the node's account may send from."""
    node.client("sesv2").create_email_identity(EmailIdentity=domain)
    return f"me@{domain}"


def captured_from(node: Node, sender: str, count: int = 1) -> list[dict[str, Any]]:
    """The captured copies of a sender, once there are so many; `raw` decoded."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        status, _, body = node.get("/_pillarbox/captured?limit=200")
        assert status == 200, body
        found[:] = [one for one in json.loads(body) if one["sender"].endswith(sender)]
        return len(found) >= count

    until(there, ARRIVAL_SECONDS, f"{count} captured messages from {sender}")
    for one in found:
        one["raw"] = base64.b64decode(one["raw"])
    return found
