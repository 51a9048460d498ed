"""Requests and answers of the identity actions (facts, Appendix C)."""

from typing import Literal

from msgspec import field

from pillarbox.proto.aws.rest_json import Shape

Status = Literal["Pending", "Success", "Failed", "TemporaryFailure", "NotStarted"]
MailFromStatus = Literal["Pending", "Success", "Failed", "TemporaryFailure"]
Behavior = Literal["UseDefaultValue", "RejectMessage"]
NotificationType = Literal["Bounce", "Complaint", "Delivery"]


class EmailAddressRequest(Shape, frozen=True, kw_only=True):
    """Verify an address, or forget it."""

    email_address: str


class DomainRequest(Shape, frozen=True, kw_only=True):
    """Verify a domain."""

    domain: str


class IdentityRequest(Shape, frozen=True, kw_only=True):
    """Forget an identity."""

    identity: str


class IdentitiesRequest(Shape, frozen=True, kw_only=True):
    """Ask for attributes of identities."""

    identities: tuple[str, ...]


class VerifyDomainIdentityResponse(Shape, frozen=True, kw_only=True):
    """The value of the TXT record."""

    verification_token: str


class VerifyDomainDkimResponse(Shape, frozen=True, kw_only=True):
    """The tokens of the CNAME records."""

    dkim_tokens: tuple[str, ...]


class ListIdentitiesRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of identities."""

    identity_type: Literal["EmailAddress", "Domain"] | None = None
    next_token: str | None = None
    max_items: int | None = None


class ListIdentitiesResponse(Shape, frozen=True, kw_only=True):
    """A page of identities, by name."""

    identities: tuple[str, ...]
    next_token: str | None = None


class ListVerifiedEmailAddressesResponse(Shape, frozen=True, kw_only=True):
    """The addresses that are verified."""

    verified_email_addresses: tuple[str, ...] | None = None


class VerificationAttributes(Shape, frozen=True, kw_only=True):
    """How the verification of an identity stands; a domain's TXT record."""

    verification_status: Status
    verification_token: str | None = None


class GetIdentityVerificationAttributesResponse(Shape, frozen=True, kw_only=True):
    """By identity; unknown ones are left out."""

    verification_attributes: dict[str, VerificationAttributes]


class DkimAttributes(Shape, frozen=True, kw_only=True):
    """Whether an identity's mail is signed, and how the records stand."""

    dkim_enabled: bool
    dkim_verification_status: Status
    dkim_tokens: tuple[str, ...] | None = None


class GetIdentityDkimAttributesResponse(Shape, frozen=True, kw_only=True):
    """By identity; unknown ones are left out."""

    dkim_attributes: dict[str, DkimAttributes]


class MailFromAttributes(Shape, frozen=True, kw_only=True):
    """The MAIL FROM domain of an identity, and what happens while its MX is not there."""

    mail_from_domain: str
    mail_from_domain_status: MailFromStatus
    behavior_on_mx_failure: Behavior = field(name="BehaviorOnMXFailure")


class GetIdentityMailFromDomainAttributesResponse(Shape, frozen=True, kw_only=True):
    """By identity; unknown ones, and those without a MAIL FROM domain, are left out."""

    mail_from_domain_attributes: dict[str, MailFromAttributes]


class NotificationAttributes(Shape, frozen=True, kw_only=True):
    """Where an identity's notifications go, and whether they show headers."""

    bounce_topic: str
    complaint_topic: str
    delivery_topic: str
    forwarding_enabled: bool
    headers_in_bounce_notifications_enabled: bool | None = None
    headers_in_complaint_notifications_enabled: bool | None = None
    headers_in_delivery_notifications_enabled: bool | None = None


class GetIdentityNotificationAttributesResponse(Shape, frozen=True, kw_only=True):
    """By identity; unknown ones are left out."""

    notification_attributes: dict[str, NotificationAttributes]


class SetIdentityDkimEnabledRequest(Shape, frozen=True, kw_only=True):
    """Turn signing on or off."""

    identity: str
    dkim_enabled: bool


class SetIdentityFeedbackForwardingEnabledRequest(Shape, frozen=True, kw_only=True):
    """Turn feedback by mail on or off."""

    identity: str
    forwarding_enabled: bool


class SetIdentityMailFromDomainRequest(Shape, frozen=True, kw_only=True):
    """Set a MAIL FROM domain, or take it away."""

    identity: str
    mail_from_domain: str | None = None
    behavior_on_mx_failure: Behavior | None = field(default=None, name="BehaviorOnMXFailure")


class SetIdentityHeadersInNotificationsEnabledRequest(Shape, frozen=True, kw_only=True):
    """Have notifications of one kind show headers or not."""

    identity: str
    notification_type: NotificationType
    enabled: bool


class SetIdentityNotificationTopicRequest(Shape, frozen=True, kw_only=True):
    """Set the topic of one kind of notifications, or take it away."""

    identity: str
    notification_type: NotificationType
    sns_topic: str | None = None
