"""What is put on an identity shows at the receiver: signature, return path, configuration set."""

import base64
import re

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization

from pillarbox.proto.dkim import generate_key, public_record
from tests.e2e.conftest import RECEIVER, SERVICE, World
from tests.e2e.test_opendkim import dkimpy_passes
from tests.peers.postfix_mx import without_own_fields
from tests.peers.wait import ARRIVAL_SECONDS, until

USER = "ok"
#: What is looked for in vain is looked for after as long again.
CHECKED_SECONDS = 2 * ARRIVAL_SECONDS
MAIL = {
    "Destination": {"ToAddresses": [f"{USER}@{RECEIVER}"]},
    "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "hello"}}}},
}


@pytest.fixture
def client(world: World, domain: str):
    """A client of SES v2 whose account has the verified domain."""
    world.verify(domain)
    return world.node.client("sesv2")


def received(world: World, client, sender: str) -> tuple[str, str | None]:
    """Send one message; give its return path and the selector of its signature at the receiver.

    A signature has to pass.
    """
    sent = client.send_email(FromEmailAddress=sender, **MAIL)
    message = world.arrived(USER, sent["MessageId"])
    head = message.partition(b"\n\n")[0].decode()
    path = re.search(r"^Return-Path: <(.*)>$", head, re.MULTILINE)
    signed = re.search(r"^DKIM-Signature:.*?\bs=([^;]+);", head, re.MULTILINE | re.DOTALL)
    assert path
    assert signed is None or dkimpy_passes(without_own_fields(message)[1], world.zone)
    return path[1], signed and signed[1]


def test_dkim_off_sends_unsigned_and_on_signs_again(world, domain, client):
    sender = f"a@{domain}"
    tokens = client.get_email_identity(EmailIdentity=domain)["DkimAttributes"]["Tokens"]
    assert received(world, client, sender)[1] in tokens
    client.put_email_identity_dkim_attributes(EmailIdentity=domain, SigningEnabled=False)
    assert received(world, client, sender)[1] is None
    client.put_email_identity_dkim_attributes(EmailIdentity=domain, SigningEnabled=True)
    assert received(world, client, sender)[1] in tokens


def test_a_key_of_ones_own_signs_once_it_is_in_dns(world, domain, client):
    key = generate_key(1024)
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    client.put_email_identity_dkim_signing_attributes(
        EmailIdentity=domain,
        SigningAttributesOrigin="EXTERNAL",
        SigningAttributes={
            "DomainSigningSelector": "own",
            "DomainSigningPrivateKey": base64.b64encode(der).decode(),
        },
    )
    assert received(world, client, f"a@{domain}")[1] not in {None, "own"}
    world.zone.set(f"own._domainkey.{domain}", "TXT", public_record(key))
    until(
        lambda: (
            client.get_email_identity(EmailIdentity=domain)["DkimAttributes"]["Status"] == "SUCCESS"
        ),
        CHECKED_SECONDS,
        "the key to be found",
    )
    assert received(world, client, f"a@{domain}")[1] == "own"


def test_mail_from_changes_the_return_path_once_it_is_in_dns(world, domain, client):
    mail_from, sender = f"bounce.{domain}", f"a@{domain}"

    def put(behavior):
        client.put_email_identity_mail_from_attributes(
            EmailIdentity=domain, MailFromDomain=mail_from, BehaviorOnMxFailure=behavior
        )

    assert received(world, client, sender)[0].endswith(f"@bounce.{SERVICE}")
    put("USE_DEFAULT_VALUE")
    assert received(world, client, sender)[0].endswith(f"@bounce.{SERVICE}")
    put("REJECT_MESSAGE")
    with pytest.raises(ClientError) as refused:
        client.send_email(FromEmailAddress=sender, **MAIL)
    assert refused.value.response["Error"]["Code"] == "MailFromDomainNotVerifiedException"
    world.zone.set(mail_from, "MX", f"10 mta.{SERVICE}")
    world.zone.set(mail_from, "TXT", f"v=spf1 include:bounce.{SERVICE} ~all")
    until(
        lambda: (
            client.get_email_identity(EmailIdentity=domain)["MailFromAttributes"][
                "MailFromDomainStatus"
            ]
            == "SUCCESS"
        ),
        CHECKED_SECONDS,
        "the MAIL FROM domain to be found",
    )
    assert received(world, client, sender)[0].endswith(f"@{mail_from}")
    client.put_email_identity_mail_from_attributes(EmailIdentity=domain)
    assert received(world, client, sender)[0].endswith(f"@bounce.{SERVICE}")


def test_the_default_set_applies_to_mail_that_names_none(world, domain, client):
    name = domain.replace(".", "-")
    client.create_configuration_set(
        ConfigurationSetName=name, SendingOptions={"SendingEnabled": False}
    )
    assert received(world, client, f"a@{domain}")
    client.put_email_identity_configuration_set_attributes(
        EmailIdentity=domain, ConfigurationSetName=name
    )
    with pytest.raises(ClientError) as refused:
        client.send_email(FromEmailAddress=f"a@{domain}", **MAIL)
    assert refused.value.response["Error"]["Code"] == "SendingPausedException"


def test_a_deleted_identity_sends_no_more(world, domain, client):
    assert received(world, client, f"a@{domain}")
    client.delete_email_identity(EmailIdentity=domain)
    with pytest.raises(ClientError) as refused:
        client.send_email(FromEmailAddress=f"a@{domain}", **MAIL)
    assert refused.value.response["Error"]["Code"] == "MessageRejected"


def test_an_address_gets_its_mail_with_a_null_return_path(world, domain):
    world.node.client("pinpoint-email").create_email_identity(EmailIdentity=f"{USER}@{RECEIVER}")
    found: list[bytes] = []

    def there() -> bool:
        found[:] = [one for one in world.mx.delivered(USER) if b"/verify/" in one]
        return bool(found)

    until(there, ARRIVAL_SECONDS, "the verification mail")
    head = found[0].decode()
    assert "Return-Path: <>\n" in head
    assert dkimpy_passes(without_own_fields(found[0])[1], world.zone)
    assert f"From: Email verification <no-reply@{SERVICE}>\n" in head
    assert "Subject: Email Address Verification Request in region us-east-1\n" in head
