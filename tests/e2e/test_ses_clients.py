"""Clients that people send through SES with, against a running node: each message arrives."""

import base64
import email
import email.policy
import json
import os
import subprocess
import sys
from email.message import EmailMessage

from tests.peers import javascript
from tests.peers.node import KEY_ID, SECRET, Node

TO = "you@receiver.example"


def arrived(node: Node, message_id: str, *recipients: str) -> EmailMessage:
    """The message as its recipients have it, once it is delivered to all of them."""
    node.events_when(message_id, "Send", *["Delivery"] * len(recipients))
    captured = json.loads(node.get("/_pillarbox/captured?limit=1000")[2])
    copies = [one for one in captured if one["message_id"] == message_id]
    assert sorted(one["recipient"] for one in copies) == sorted(recipients)
    data = base64.b64decode(copies[0]["raw"])
    return email.message_from_bytes(data, EmailMessage, policy=email.policy.default)


@javascript.needs_packages
def test_the_javascript_sdk_sends_composed_and_raw(capture: Node, domain: str) -> None:
    capture.client("sesv2").create_email_identity(EmailIdentity=domain)
    program = "send_with_ses.mjs"
    call = (capture.url, KEY_ID, SECRET, f"me@{domain}", TO)
    answer = json.loads(javascript.run(program, *call, environment={}))
    composed = arrived(capture, answer["composed"], TO)
    assert (composed["subject"], composed["from"]) == ("Grüße & <Küsse>", f"Mé <me@{domain}>")
    plain, html = (composed.get_body((kind,)) for kind in ("plain", "html"))
    assert plain.get_content().strip() == "a+b=c&d 100%"
    assert html.get_content().strip() == "<p>日本</p>"
    raw = arrived(capture, answer["raw"], TO)
    assert raw.get_payload(decode=True) == "+&=%/ ÿþ\r\n".encode("latin-1")
    assert answer["refused"] == {
        "name": "ConfigurationSetDoesNotExistException",
        "message": "Configuration set <none<&>> does not exist.",
        "set": "none<&>",
    }


@javascript.needs_packages
def test_nodemailer_sends_through_its_ses_transport(capture: Node, domain: str) -> None:
    capture.client("sesv2").create_email_identity(EmailIdentity=domain)
    call = (capture.url, KEY_ID, SECRET, f"me@{domain}", TO)
    answer = json.loads(javascript.run("send_with_nodemailer.mjs", *call, environment={}))
    assert answer["verified"] is True
    message = arrived(capture, answer["id"], TO, f"hidden-{TO}")
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("naïve.txt", "1,2,3\n")
    assert message["bcc"] is None


DJANGO = """
import sys
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
endpoint, key, secret, sender, to, configuration_set = sys.argv[1:]
settings.configure(
    EMAIL_BACKEND="django_ses.SESBackend",
    AWS_SES_ACCESS_KEY_ID=key,
    AWS_SES_SECRET_ACCESS_KEY=secret,
    AWS_SES_REGION_NAME="us-east-1",
    AWS_SES_REGION_ENDPOINT_URL=endpoint,
    AWS_SES_CONFIGURATION_SET=configuration_set,
    USE_SES_V2=False,
)
message = EmailMultiAlternatives("Grüße", "Hello", sender, [to], bcc=["hidden-" + to])
message.attach_alternative("<p>Hällo</p>", "text/html")
assert message.send() == 1
print(message.extra_headers["message_id"])
"""


def test_django_ses_sends_with_its_throttle_and_configuration_set(
    capture: Node, domain: str
) -> None:
    capture.client("sesv2").create_email_identity(EmailIdentity=domain)
    name = domain.replace(".", "-")
    capture.client("ses").create_configuration_set(ConfigurationSet={"Name": name})
    done = subprocess.run(
        [sys.executable, "-c", DJANGO, capture.url, KEY_ID, SECRET, f"me@{domain}", TO, name],
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    message_id = done.stdout.strip()
    message = arrived(capture, message_id, TO, f"hidden-{TO}")
    assert (message["subject"], message["bcc"]) == ("Grüße", None)
    assert message["x-ses-configuration-set"] is None
    html = message.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>Hällo</p>"
    tags = capture.events(message_id)[0]["mail"]["tags"]
    assert tags["ses:configuration-set"] == [name]
    assert tags["ses:operation"] == ["SendRawEmail"]
