"""Capture mode: the links of captured mail open through the local listener, and are counted."""

import base64
import email
import email.policy
import http.client
import json
import re
from urllib.parse import urlsplit

from tests.e2e.letters import simple
from tests.peers.node import Node
from tests.peers.wait import ARRIVAL_SECONDS

TARGET = "https://shop.example/a?b=1&c=%20d"
HTML = '<p><a href="https://shop.example/a?b=1&amp;c=%20d">shop</a></p>'
TRACKED = {"Tracking": {"OpenTrackingEnabled": "ENABLED", "ClickTrackingEnabled": "ENABLED"}}


def opened(url: str) -> tuple[int, str | None]:
    """The status and the Location that a browser is given."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=ARRIVAL_SECONDS)
    connection.request("GET", parts.path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers["Location"]


def test_a_message_that_asks_for_it_is_tracked_with_links_that_open(
    capture: Node, domain: str
) -> None:
    client = capture.client("sesv2")
    client.create_email_identity(EmailIdentity=domain)
    letter = simple(f"me@{domain}")
    letter["Content"]["Simple"]["Body"] = {"Html": {"Data": HTML}}
    sent = client.send_email(**letter, ConfigurationOverrides=TRACKED)["MessageId"]
    capture.events_when(sent, "Send", "Delivery")
    found = json.loads(capture.get("/_pillarbox/captured")[2])
    (one,) = [one for one in found if one["message_id"] == sent]
    message = email.message_from_bytes(base64.b64decode(one["raw"]), policy=email.policy.default)
    html = message.get_body(("html",)).get_content()
    (link,) = re.findall(r'<a href="([^"]+)"', html)
    (pixel,) = re.findall(r'<img [^>]*src="([^"]+)"', html)
    assert opened(link) == (302, TARGET)
    assert opened(pixel) == (200, None)
    events = capture.events_when(sent, "Send", "Delivery", "Open", "Click")
    (click,) = [one["click"] for one in events if one["eventType"] == "Click"]
    assert click["link"] == TARGET
