"""Verifying an address by its mail, in capture mode with real verification."""

import base64
import email
import email.policy
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import assert_ended_well
from tests.peers.dns_zone import DnsZone
from tests.peers.node import CAPTURE, Node
from tests.peers.wait import ARRIVAL_SECONDS, until

ADDRESS = "new.customer@customer.example"
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
MAIL = {
    "FromEmailAddress": ADDRESS,
    "Destination": {"ToAddresses": ["you@example.org"]},
    "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "hello"}}}},
}


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A node that captures mail and verifies identities for real."""
    with DnsZone() as zone:
        settings = CAPTURE | {
            "PILLARBOX_IDENTITY_VERIFY": "real",
            "PILLARBOX_DNS_RESOLVER": zone.address,
        }
        with Node.start(tmp_path_factory.mktemp("verify"), settings, workers=1) as running:
            yield running
        assert_ended_well(running)


def page(node, method, path):
    """Ask the tracking listener, as the reader's browser does: status and text."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{node.track_port}{path}",
        method=method,
        data=b"" if method == "POST" else None,
    )
    try:
        with NO_PROXY.open(request, timeout=ARRIVAL_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def link_in_the_mail(node):
    """The path of the link in the newest captured mail to the address."""

    def mails():
        return [one for one in node.captured() if one["recipient"] == ADDRESS]

    until(lambda: bool(mails()), ARRIVAL_SECONDS, "the verification mail")
    (one,) = mails()
    message = email.message_from_bytes(base64.b64decode(one["raw"]), policy=email.policy.default)
    assert one["return_path"] == ""
    assert message["DKIM-Signature"] is not None
    base = f"http://127.0.0.1:{node.track_port}"
    (url,) = [word for word in message.get_content().split() if word.startswith(f"{base}/verify/")]
    return url.removeprefix(base)


def test_an_address_sends_once_its_owner_has_pressed_the_button(node):
    client = node.client("sesv2")
    created = client.create_email_identity(EmailIdentity=ADDRESS)
    assert created["VerifiedForSendingStatus"] is False
    path = link_in_the_mail(node)
    status, text = page(node, "GET", path)
    assert (status, '<form method="post">' in text) == (200, True)
    with pytest.raises(ClientError, match="Email address is not verified"):
        client.send_email(**MAIL)
    assert page(node, "POST", path[:-1])[0] == 404
    assert page(node, "POST", path)[0] == 200
    assert client.get_email_identity(EmailIdentity=ADDRESS)["VerificationStatus"] == "SUCCESS"
    assert client.send_email(**MAIL)["MessageId"]
    client.delete_email_identity(EmailIdentity=ADDRESS)
    assert page(node, "POST", path)[0] == 410
    with pytest.raises(ClientError, match="Email address is not verified"):
        client.send_email(**MAIL)
