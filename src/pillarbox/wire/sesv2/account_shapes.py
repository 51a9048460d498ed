"""The answer of GetAccount, and what the owner switches.

Reference p. 22, 47, 48; facts, Appendix A and B.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Switch
from pillarbox.wire.sesv2.suppression_shapes import SuppressionAttributes

Plan = Literal["NONE", "ESSENTIALS", "PRO", "ENTERPRISE"]


class SendQuota(Shape, frozen=True, kw_only=True):
    """Messages per 24 hours and per second, counted per recipient; -1: no limit."""

    max_24_hour_send: float | None = None
    max_send_rate: float | None = None
    sent_last_24_hours: float | None = None


class ReviewDetails(Shape, frozen=True, kw_only=True):
    """The state of a request for production access."""

    status: Literal["PENDING", "FAILED", "GRANTED", "DENIED"] | None = None
    case_id: str | None = None


class AccountDetails(Shape, frozen=True, kw_only=True):
    """What the account's owner has said about its mail."""

    mail_type: Literal["MARKETING", "TRANSACTIONAL"] | None = None
    website_url: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=1000,
                pattern=r"^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?",
            ),
        ]
        | None
    ) = field(default=None, name="WebsiteURL")
    contact_language: Literal["EN", "JA"] | None = None
    use_case_description: Annotated[str, Meta(max_length=5000)] | None = None
    additional_contact_email_addresses: (
        Annotated[
            tuple[Annotated[str, Meta(min_length=6, max_length=254, pattern="^(.+)@(.+)$")], ...],
            Meta(min_length=1, max_length=4),
        ]
        | None
    ) = None
    review_details: ReviewDetails | None = None


class DashboardAttributes(Shape, frozen=True, kw_only=True):
    """Virtual deliverability manager: engagement metrics."""

    engagement_metrics: Switch | None = None


class GuardianAttributes(Shape, frozen=True, kw_only=True):
    """Virtual deliverability manager: shared delivery."""

    optimized_shared_delivery: Switch | None = None


class VdmAttributes(Shape, frozen=True, kw_only=True):
    """Virtual deliverability manager of the account."""

    vdm_enabled: Switch
    dashboard_attributes: DashboardAttributes | None = None
    guardian_attributes: GuardianAttributes | None = None


class PricingAttributes(Shape, frozen=True, kw_only=True):
    """The account's plan."""

    current_plan: Plan | None = None
    next_plan: Plan | None = None


class GetAccountResponse(Shape, frozen=True, kw_only=True):
    """What the account may do."""

    dedicated_ip_auto_warmup_enabled: bool | None = None
    enforcement_status: str | None = None
    production_access_enabled: bool | None = None
    send_quota: SendQuota | None = None
    sending_enabled: bool | None = None
    suppression_attributes: SuppressionAttributes | None = None
    details: AccountDetails | None = None
    vdm_attributes: VdmAttributes | None = None
    pricing_attributes: PricingAttributes | None = None


class PutAccountSendingAttributesRequest(Shape, frozen=True, kw_only=True):
    """Switch the account's sending."""

    sending_enabled: bool | None = None


class PutAccountDedicatedIpWarmupAttributesRequest(Shape, frozen=True, kw_only=True):
    """Switch the warming up of new dedicated addresses."""

    auto_warmup_enabled: bool | None = None


class PutAccountSuppressionAttributesRequest(SuppressionAttributes, frozen=True, kw_only=True):
    """Say for which reasons recipients are suppressed."""


class PutAccountVdmAttributesRequest(Shape, frozen=True, kw_only=True):
    """Switch the virtual deliverability manager."""

    vdm_attributes: VdmAttributes
