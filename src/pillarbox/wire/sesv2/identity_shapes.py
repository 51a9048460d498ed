"""Requests and answers of the identity operations.

Reference p. 11, 20, 35, 42; facts, Appendix A and B.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Name, Tag, Timestamp

IdentityType = Literal["EMAIL_ADDRESS", "DOMAIN", "MANAGED_DOMAIN"]
VerificationStatus = Literal["PENDING", "SUCCESS", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED"]
MailFromStatus = Literal["PENDING", "SUCCESS", "FAILED", "TEMPORARY_FAILURE"]
MailFromBehavior = Literal["USE_DEFAULT_VALUE", "REJECT_MESSAGE"]
ErrorType = Literal[
    "SERVICE_ERROR",
    "DNS_SERVER_ERROR",
    "HOST_NOT_FOUND",
    "TYPE_NOT_FOUND",
    "INVALID_VALUE",
    "REPLICATION_ACCESS_DENIED",
    "REPLICATION_PRIMARY_NOT_FOUND",
    "REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED",
    "REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED",
    "REPLICATION_PRIMARY_INVALID_REGION",
]
KeyLength = Literal["RSA_1024_BIT", "RSA_2048_BIT"]
SigningOrigin = Literal[
    "AWS_SES",
    "EXTERNAL",
    "AWS_SES_AF_SOUTH_1",
    "AWS_SES_EU_NORTH_1",
    "AWS_SES_AP_SOUTH_1",
    "AWS_SES_EU_WEST_3",
    "AWS_SES_EU_WEST_2",
    "AWS_SES_EU_SOUTH_1",
    "AWS_SES_EU_WEST_1",
    "AWS_SES_AP_NORTHEAST_3",
    "AWS_SES_AP_NORTHEAST_2",
    "AWS_SES_ME_SOUTH_1",
    "AWS_SES_AP_NORTHEAST_1",
    "AWS_SES_IL_CENTRAL_1",
    "AWS_SES_SA_EAST_1",
    "AWS_SES_CA_CENTRAL_1",
    "AWS_SES_AP_SOUTHEAST_1",
    "AWS_SES_AP_SOUTHEAST_2",
    "AWS_SES_AP_SOUTHEAST_3",
    "AWS_SES_EU_CENTRAL_1",
    "AWS_SES_US_EAST_1",
    "AWS_SES_US_EAST_2",
    "AWS_SES_US_WEST_1",
    "AWS_SES_US_WEST_2",
    "AWS_SES_ME_CENTRAL_1",
    "AWS_SES_AP_SOUTH_2",
    "AWS_SES_EU_CENTRAL_2",
    "AWS_SES_AP_SOUTHEAST_5",
    "AWS_SES_CA_WEST_1",
    "AWS_SES_US_GOV_EAST_1",
    "AWS_SES_US_GOV_WEST_1",
]


class DkimSigningAttributes(Shape, frozen=True, kw_only=True):
    """How an identity is to be signed: with a key of its own, or by Easy DKIM."""

    domain_signing_selector: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=63,
                pattern=r"^(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9]))$",
            ),
        ]
        | None
    ) = None
    domain_signing_private_key: (
        Annotated[
            str,
            Meta(min_length=1, max_length=20480, pattern=r"^[a-zA-Z0-9+\/]+={0,2}$"),
        ]
        | None
    ) = None
    next_signing_key_length: KeyLength | None = None
    domain_signing_attributes_origin: SigningOrigin | None = None


class DkimAttributes(Shape, frozen=True, kw_only=True):
    """The state of an identity's DKIM signing."""

    signing_enabled: bool | None = None
    status: VerificationStatus | None = None
    tokens: tuple[str, ...] | None = None
    signing_hosted_zone: str | None = None
    signing_attributes_origin: SigningOrigin | None = None
    next_signing_key_length: KeyLength | None = None
    current_signing_key_length: KeyLength | None = None
    last_key_generation_timestamp: Timestamp | None = None


class MailFromAttributes(Shape, frozen=True, kw_only=True):
    """The state of an identity's custom MAIL FROM domain.

    The domain and its status are required in the model, and absent from real answers while none is
    set (facts §1.7).
    """

    behavior_on_mx_failure: MailFromBehavior
    mail_from_domain: str | None = None
    mail_from_domain_status: Literal["PENDING", "SUCCESS", "FAILED", "TEMPORARY_FAILURE"] | None = (
        None
    )


class SOARecord(Shape, frozen=True, kw_only=True):
    """The SOA record that the last check of an identity saw."""

    primary_name_server: str | None = None
    admin_email: str | None = None
    serial_number: int | None = None


class VerificationInfo(Shape, frozen=True, kw_only=True):
    """When an identity was last checked, and what went wrong."""

    last_checked_timestamp: Timestamp | None = None
    last_success_timestamp: Timestamp | None = None
    error_type: ErrorType | None = None
    soa_record: SOARecord | None = field(default=None, name="SOARecord")


class CreateEmailIdentityRequest(Shape, frozen=True, kw_only=True):
    """Start the verification of an address or a domain."""

    email_identity: Name
    tags: tuple[Tag, ...] | None = None
    dkim_signing_attributes: DkimSigningAttributes | None = None
    configuration_set_name: str | None = None


class CreateEmailIdentityResponse(Shape, frozen=True, kw_only=True):
    """What to publish, for a domain."""

    identity_type: IdentityType | None = None
    verified_for_sending_status: bool | None = None
    dkim_attributes: DkimAttributes | None = None


class GetEmailIdentityRequest(Shape, frozen=True, kw_only=True):
    """Ask for one identity."""

    email_identity: Name


class GetEmailIdentityResponse(Shape, frozen=True, kw_only=True):
    """Everything about one identity."""

    identity_type: IdentityType | None = None
    feedback_forwarding_status: bool | None = None
    verified_for_sending_status: bool | None = None
    dkim_attributes: DkimAttributes | None = None
    mail_from_attributes: MailFromAttributes | None = None
    policies: dict[Annotated[str, Meta(min_length=1, max_length=64)], Name] | None = None
    tags: tuple[Tag, ...] | None = None
    configuration_set_name: str | None = None
    verification_status: VerificationStatus | None = None
    verification_info: VerificationInfo | None = None


class DeleteEmailIdentityRequest(Shape, frozen=True, kw_only=True):
    """Forget one identity."""

    email_identity: Name


class ListEmailIdentitiesRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of identities."""

    filter: (
        dict[
            Literal["IDENTITY_NAME_CONTAINS", "IDENTITY_TYPE", "VERIFICATION_STATUS"],
            Name,
        ]
        | None
    ) = None
    next_token: str | None = None
    page_size: int | None = None


class IdentityInfo(Shape, frozen=True, kw_only=True):
    """One identity in a list."""

    identity_type: IdentityType | None = None
    identity_name: Name | None = None
    sending_enabled: bool | None = None
    verification_status: VerificationStatus | None = None


class ListEmailIdentitiesResponse(Shape, frozen=True, kw_only=True):
    """A page of identities, sorted by name."""

    email_identities: tuple[IdentityInfo, ...] | None = None
    next_token: str | None = None


class PutEmailIdentityDkimAttributesRequest(Shape, frozen=True, kw_only=True):
    """Have a domain's mail signed or not."""

    email_identity: Name
    signing_enabled: bool | None = None


class PutEmailIdentityDkimSigningAttributesRequest(Shape, frozen=True, kw_only=True):
    """Say with which keys a domain's mail is signed."""

    email_identity: Name
    signing_attributes_origin: SigningOrigin
    signing_attributes: DkimSigningAttributes | None = None


class PutEmailIdentityDkimSigningAttributesResponse(Shape, frozen=True, kw_only=True):
    """What to publish."""

    dkim_status: VerificationStatus | None = None
    dkim_tokens: tuple[str, ...] | None = None
    signing_hosted_zone: str | None = None


class PutEmailIdentityFeedbackAttributesRequest(Shape, frozen=True, kw_only=True):
    """Have bounces and complaints forwarded by mail or not."""

    email_identity: Name
    email_forwarding_enabled: bool | None = None


class PutEmailIdentityMailFromAttributesRequest(Shape, frozen=True, kw_only=True):
    """Set or remove a custom MAIL FROM domain."""

    email_identity: Name
    mail_from_domain: str | None = None
    behavior_on_mx_failure: MailFromBehavior | None = None


class PutEmailIdentityConfigurationSetAttributesRequest(Shape, frozen=True, kw_only=True):
    """Set or remove an identity's default configuration set."""

    email_identity: Name
    configuration_set_name: str | None = None
