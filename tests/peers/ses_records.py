"""A strict reader of what SES tells topics (facts §5): a member that is not known, is missing or
has another type is an error. The real service's samples and our own records are read by the same.
"""

from typing import Any

import msgspec
from msgspec import Struct


class Strict(Struct, forbid_unknown_fields=True):
    """Takes no member that it does not name."""


class Header(Strict):
    name: str
    value: str


class CommonHeaders(Strict):
    messageId: str
    returnPath: str | None = None
    sender: str | None = None
    to: list[str] | None = None
    cc: list[str] | None = None
    bcc: list[str] | None = None
    replyTo: list[str] | None = None
    date: str | None = None
    subject: str | None = None
    # `from` is no name in Python
    from_: list[str] | None = msgspec.field(name="from", default=None)


class Mail(Strict):
    timestamp: str
    source: str
    sendingAccountId: str
    messageId: str
    destination: list[str]
    tags: dict[str, list[str]]
    sourceArn: str | None = None
    headersTruncated: bool | None = None
    headers: list[Header] | None = None
    commonHeaders: CommonHeaders | None = None


class NotifiedMail(Strict):
    timestamp: str
    source: str
    sourceArn: str
    sourceIp: str
    callerIdentity: str
    sendingAccountId: str
    messageId: str
    destination: list[str]
    headersTruncated: bool | None = None
    headers: list[Header] | None = None
    commonHeaders: CommonHeaders | None = None


class Nothing(Strict):
    pass


class Delivery(Strict):
    timestamp: str
    processingTimeMillis: int
    recipients: list[str]
    smtpResponse: str
    reportingMTA: str
    remoteMtaIp: str | None = None


class BouncedRecipient(Strict):
    emailAddress: str
    action: str | None = None
    status: str | None = None
    diagnosticCode: str | None = None


class Bounce(Strict):
    feedbackId: str
    bounceType: str
    bounceSubType: str
    bouncedRecipients: list[BouncedRecipient]
    timestamp: str
    reportingMTA: str | None = None
    remoteMtaIp: str | None = None


class Address(Strict):
    emailAddress: str


class Complaint(Strict):
    feedbackId: str
    complaintSubType: str | None
    complainedRecipients: list[Address]
    timestamp: str
    userAgent: str | None = None
    complaintFeedbackType: str | None = None
    arrivalDate: str | None = None


class Reject(Strict):
    reason: str


class Tracked(Strict):
    """What opens and clicks have; from `verdict` on it is ours, which SES has not."""

    ipAddress: str
    timestamp: str
    userAgent: str
    verdict: str | None = None
    device: str | None = None
    location: dict[str, Any] | None = None
    recipient: str | None = None


class Clicked(Tracked, kw_only=True):
    link: str
    linkTags: dict[str, list[str]] | None


class Failure(Strict):
    errorMessage: str
    #: None for a template that came with the call (docs/compat-rules.md).
    templateName: str | None


class DelayedRecipient(Strict):
    emailAddress: str
    status: str
    diagnosticCode: str


class Delay(Strict):
    timestamp: str
    delayType: str
    expirationTime: str
    reportingMTA: str
    delayedRecipients: list[DelayedRecipient]


class TopicStatus(Strict):
    topicName: str
    subscriptionStatus: str


class Preferences(Strict):
    unsubscribeAll: bool
    topicSubscriptionStatus: list[TopicStatus]


class Subscribed(Strict):
    contactList: str
    timestamp: str
    source: str
    newTopicPreferences: Preferences
    oldTopicPreferences: Preferences


class Event(Strict, tag_field="eventType"):
    mail: Mail


class SendEvent(Event, tag="Send"):
    send: Nothing


class DeliveryEvent(Event, tag="Delivery"):
    delivery: Delivery


class BounceEvent(Event, tag="Bounce"):
    bounce: Bounce


class ComplaintEvent(Event, tag="Complaint"):
    complaint: Complaint


class RejectEvent(Event, tag="Reject"):
    reject: Reject


class OpenEvent(Event, tag="Open"):
    open: Tracked


class ClickEvent(Event, tag="Click"):
    click: Clicked


class FailureEvent(Event, tag="Rendering Failure"):
    failure: Failure


class DelayEvent(Event, tag="DeliveryDelay"):
    deliveryDelay: Delay


class SubscriptionEvent(Event, tag="Subscription"):
    subscription: Subscribed


class Notified(Strict, tag_field="notificationType"):
    mail: NotifiedMail


class DeliveryNotification(Notified, tag="Delivery"):
    delivery: Delivery


class BounceNotification(Notified, tag="Bounce"):
    bounce: Bounce


class ComplaintNotification(Notified, tag="Complaint"):
    complaint: Complaint


class Succeeded(Strict, tag_field="notificationType", tag="AmazonSnsSubscriptionSucceeded"):
    message: str


AnyEvent = (
    SendEvent
    | DeliveryEvent
    | BounceEvent
    | ComplaintEvent
    | RejectEvent
    | OpenEvent
    | ClickEvent
    | FailureEvent
    | DelayEvent
    | SubscriptionEvent
)
AnyNotification = DeliveryNotification | BounceNotification | ComplaintNotification | Succeeded


def read_event(text: str | bytes) -> AnyEvent:
    """Read an event's record. Raises msgspec.ValidationError."""
    return msgspec.json.decode(text, type=AnyEvent)


def read_notification(text: str | bytes) -> AnyNotification:
    """Read an identity's notification. Raises msgspec.ValidationError."""
    return msgspec.json.decode(text, type=AnyNotification)
