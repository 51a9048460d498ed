"""Verifying an address by its mail, in capture mode with real verification."""

import base64
import email
import email.policy

import pytest
from botocore.exceptions import ClientError

from pillarbox.base.clock import now_ms
from pillarbox.base.secrets import Sealer, find_master_key
from pillarbox.model.page import PageRequest
from pillarbox.store.store import Store
from pillarbox.wire.verification_page import VerificationPage
from tests.e2e.conftest import assert_ended_well
from tests.peers.dns_zone import DnsZone
from tests.peers.node import ARRIVAL_SECONDS, CAPTURE, Node
from tests.peers.wait import until

ADDRESS = "new.customer@customer.example"
TRACK = "https://track.pillarbox.test"
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
            "PILLARBOX_TRACK_URL": f"{TRACK}/",
            "PILLARBOX_DNS_RESOLVER": zone.address,
        }
        with Node.start(tmp_path_factory.mktemp("verify"), settings, workers=1) as running:
            yield running
        assert_ended_well(running)


@pytest.fixture
async def page(node):
    """The page of verification links, on the node's own data."""
    store = Store(f"sqlite:///{node.data / 'pillarbox.sqlite'}")
    store.start()
    sealer = Sealer(find_master_key(node.data, {}))
    yield VerificationPage(store=store, key=sealer.derive("verification links"), now=now_ms).serve
    store.close()


def link_in_the_mail(node):
    """The path of the link in the newest captured mail to the address."""

    def mails():
        return [one for one in node.captured() if one["recipient"] == ADDRESS]

    until(lambda: bool(mails()), ARRIVAL_SECONDS, "the verification mail")
    (one,) = mails()
    message = email.message_from_bytes(base64.b64decode(one["raw"]), policy=email.policy.default)
    assert one["return_path"] == ""
    assert message["DKIM-Signature"] is not None
    (url,) = [word for word in message.get_content().split() if word.startswith(f"{TRACK}/verify/")]
    return url.removeprefix(TRACK)


async def test_an_address_sends_once_its_owner_has_pressed_the_button(node, page):
    client = node.client("sesv2")
    created = client.create_email_identity(EmailIdentity=ADDRESS)
    assert created["VerifiedForSendingStatus"] is False
    path = link_in_the_mail(node)
    assert (await page(PageRequest(method="GET", path=path))).status == 200
    with pytest.raises(ClientError, match="Email address is not verified"):
        client.send_email(**MAIL)
    assert (await page(PageRequest(method="POST", path=path))).status == 200
    assert client.get_email_identity(EmailIdentity=ADDRESS)["VerificationStatus"] == "SUCCESS"
    assert client.send_email(**MAIL)["MessageId"]
    client.delete_email_identity(EmailIdentity=ADDRESS)
    assert (await page(PageRequest(method="POST", path=path))).status == 410
    with pytest.raises(ClientError, match="Email address is not verified"):
        client.send_email(**MAIL)
