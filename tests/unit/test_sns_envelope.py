"""SNS envelopes: members, headers and signatures as SNS's own readers want them."""

import base64
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pillarbox.destinations.signing import SnsKey, _certificate
from pillarbox.proto.aws.sns_envelope import (
    Signing,
    confirmation,
    notification,
    raw_notification,
    string_to_sign,
)

ARN = "arn:aws:sns:us-east-1:123456789012:news"
HOOK = f"{ARN}:0123"
TIME = "2026-01-05T10:00:00.294Z"
KEY = rsa.generate_private_key(65537, 2048)
CERTIFICATE = _certificate(KEY, "localhost", 1_767_607_200_000)


def signing(version):
    return Signing(
        version=version,
        sign=SnsKey(KEY, CERTIFICATE).signer(version),
        certificate_url="https://sns.example/a.pem",
    )


def notified(version="1", **more):
    return notification(
        topic_arn=ARN,
        subscription_arn=HOOK,
        message_id="id",
        message='{"a":"ü\\n"}',
        timestamp=TIME,
        signing=signing(version),
        unsubscribe_url="https://u",
        **more,
    )


@pytest.mark.parametrize(("version", "digest"), [("1", hashes.SHA1()), ("2", hashes.SHA256())])
def test_the_certificate_verifies_the_signature_over_what_the_guide_says(version, digest):
    envelope = json.loads(notified(version).body)
    text = (
        'Message\n{"a":"ü\\n"}\nMessageId\nid\nSubject\nAmazon SES Email Event Notification\n'
        f"Timestamp\n{TIME}\nTopicArn\n{ARN}\nType\nNotification\n"
    ).encode()
    public = x509.load_pem_x509_certificate(CERTIFICATE).public_key()
    public.verify(base64.b64decode(envelope["Signature"]), text, padding.PKCS1v15(), digest)
    assert envelope["SignatureVersion"] == version


def test_a_notification_has_the_members_of_sns_in_their_order():
    assert list(json.loads(notified().body)) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "UnsubscribeURL",
    ]


def test_a_notification_without_subject_is_signed_without_it():
    envelope = json.loads(notified(subject=None).body)
    assert "Subject" not in envelope
    assert b"Subject" not in string_to_sign(envelope)


def test_a_confirmation_asks_with_token_and_url():
    posted = confirmation(
        topic_arn=ARN,
        message_id="id",
        token="secret",
        subscribe_url="https://s",
        timestamp=TIME,
        signing=signing("1"),
    )
    envelope = json.loads(posted.body)
    assert (envelope["Type"], envelope["Token"]) == ("SubscriptionConfirmation", "secret")
    assert envelope["Message"] == (
        f"You have chosen to subscribe to the topic {ARN}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    assert b"SubscribeURL\nhttps://s\n" in string_to_sign(envelope)
    assert "x-amz-sns-subscription-arn" not in posted.headers


def test_raw_delivery_is_the_message_alone():
    posted = raw_notification(topic_arn=ARN, subscription_arn=HOOK, message_id="id", message="{}")
    assert posted.body == b"{}"
    assert posted.headers["x-amz-sns-rawdelivery"] == "true"
    assert posted.headers["x-amz-sns-subscription-arn"] == HOOK
