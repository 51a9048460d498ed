"""SNS over HTTP: the JSON envelopes, their headers, and what is signed of them (facts §5.4).

Takes values, a time as text and a signature made elsewhere; gives the bytes of the body. The string
to sign is, for each of certain members that is there, in the order of their bytes, its name and
its value, each with a line feed after it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"
FAREWELL = "UnsubscribeConfirmation"
CONTENT_TYPE = "text/plain; charset=UTF-8"
USER_AGENT = "Amazon Simple Notification Service Agent"
#: The Subject of published events.
EVENT_SUBJECT = "Amazon SES Email Event Notification"

_ASKED = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: _ASKED,
    FAREWELL: _ASKED,
}
#: Signs text with the version of a topic.
Sign = Callable[[bytes], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How a message is signed: the version (`1` or `2`), the signer, where its certificate is."""

    version: str
    sign: Sign
    certificate_url: str


@dataclass(frozen=True, slots=True)
class Posted:
    """One HTTP request to a subscriber."""

    body: bytes
    headers: dict[str, str]


def string_to_sign(envelope: Mapping[str, str]) -> bytes:
    """Give what is signed of an envelope."""
    names = _SIGNED[envelope["Type"]]
    return "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope).encode()


def notification(
    *,
    topic_arn: str,
    subscription_arn: str,
    message_id: str,
    message: str,
    timestamp: str,
    signing: Signing,
    unsubscribe_url: str,
    subject: str | None = EVENT_SUBJECT,
) -> Posted:
    """Write a notification."""
    envelope = {
        "Type": NOTIFICATION,
        "MessageId": message_id,
        "TopicArn": topic_arn,
        **({"Subject": subject} if subject is not None else {}),
        "Message": message,
        "Timestamp": timestamp,
    }
    signed = _signed(envelope, signing) | {"UnsubscribeURL": unsubscribe_url}
    headers = _headers(NOTIFICATION, message_id, topic_arn)
    return Posted(_json(signed), headers | {"x-amz-sns-subscription-arn": subscription_arn})


def raw_notification(
    *, topic_arn: str, subscription_arn: str, message_id: str, message: str
) -> Posted:
    """Write a notification of a subscription with raw delivery: the message alone, unsigned."""
    headers = _headers(NOTIFICATION, message_id, topic_arn) | {
        "x-amz-sns-subscription-arn": subscription_arn,
        "x-amz-sns-rawdelivery": "true",
    }
    return Posted(message.encode(), headers)


def confirmation(
    *,
    topic_arn: str,
    message_id: str,
    token: str,
    subscribe_url: str,
    timestamp: str,
    signing: Signing,
    left: str | None = None,
) -> Posted:
    """Write the question whether a subscriber wants a topic; with `left`, the ARN of a subscription
    that has ended, that it has, and how to take that back.
    """
    kind = CONFIRMATION if left is None else FAREWELL
    message = (
        f"You have chosen to subscribe to the topic {topic_arn}.\nTo confirm the subscription, "
        "visit the SubscribeURL included in this message."
        if left is None
        else f"You have chosen to deactivate subscription {left}.\nTo cancel this operation and "
        "restore the subscription, visit the SubscribeURL included in this message."
    )
    envelope = {
        "Type": kind,
        "MessageId": message_id,
        "Token": token,
        "TopicArn": topic_arn,
        "Message": message,
        "SubscribeURL": subscribe_url,
        "Timestamp": timestamp,
    }
    headers = _headers(kind, message_id, topic_arn)
    if left is not None:
        headers["x-amz-sns-subscription-arn"] = left
    return Posted(_json(_signed(envelope, signing)), headers)


def _signed(envelope: dict[str, str], signing: Signing) -> dict[str, str]:
    return envelope | {
        "SignatureVersion": signing.version,
        "Signature": signing.sign(string_to_sign(envelope)),
        "SigningCertURL": signing.certificate_url,
    }


def _headers(kind: str, message_id: str, topic_arn: str) -> dict[str, str]:
    return {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": USER_AGENT,
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": topic_arn,
    }


def _json(envelope: dict[str, str]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(envelope), indent=2)
