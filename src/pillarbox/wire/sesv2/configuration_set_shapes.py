"""Requests and answers of the configuration set operations.

Reference p. 3, 14, 25, 38; facts, Appendix A and B.
"""

from typing import Annotated, Literal

from msgspec import Meta

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Empty, Name, Switch, Tag, Timestamp
from pillarbox.wire.sesv2.suppression_shapes import SuppressionOptions

HttpsPolicy = Literal["REQUIRE", "REQUIRE_OPEN_ONLY", "OPTIONAL"]
TlsPolicy = Literal["REQUIRE", "OPTIONAL"]


class TrackingOptions(Shape, frozen=True, kw_only=True):
    """The host of tracking links and pixels, and whether they are https.

    `custom_redirect_domain` is required in the model; the service itself says what it misses
    (facts §2.3).
    """

    custom_redirect_domain: str | None = None
    https_policy: HttpsPolicy | None = None


class DeliveryOptions(Shape, frozen=True, kw_only=True):
    """TLS, the pool of sending addresses, and how long delivery is tried."""

    tls_policy: TlsPolicy | None = None
    sending_pool_name: str | None = None
    max_delivery_seconds: Annotated[int, Meta(ge=300, le=50400)] | None = None


class ReputationOptions(Shape, frozen=True, kw_only=True):
    """Whether reputation metrics are kept, and since when."""

    reputation_metrics_enabled: bool | None = None
    last_fresh_start: Timestamp | None = None


class SendingOptions(Shape, frozen=True, kw_only=True):
    """Whether the set may send."""

    sending_enabled: bool | None = None


class DashboardOptions(Shape, frozen=True, kw_only=True):
    """Virtual deliverability manager: engagement metrics."""

    engagement_metrics: Switch | None = None


class GuardianOptions(Shape, frozen=True, kw_only=True):
    """Virtual deliverability manager: shared delivery."""

    optimized_shared_delivery: Switch | None = None


class VdmOptions(Shape, frozen=True, kw_only=True):
    """Virtual deliverability manager of a set."""

    dashboard_options: DashboardOptions | None = None
    guardian_options: GuardianOptions | None = None


class ArchivingOptions(Shape, frozen=True, kw_only=True):
    """Where the set's messages are archived."""

    archive_arn: (
        Annotated[
            str,
            Meta(
                min_length=20,
                max_length=1011,
                pattern=r"arn:(aws|aws-[a-z-]+):ses:[a-z]{2,4}-[a-z-]+-[0-9]:[0-9]{1,20}:"
                r"mailmanager-archive/a-[a-z0-9]{24,62}",
            ),
        ]
        | None
    ) = None


class SmimeScheme(Shape, frozen=True, kw_only=True):
    """Signing with S/MIME."""

    signature_format: Literal["DETACHED"] | None = None


class SigningScheme(Shape, frozen=True, kw_only=True):
    """How the content itself is signed."""

    default_scheme: Empty | None = None
    smime_scheme: SmimeScheme | None = None


class MessageSecurityOptions(Shape, frozen=True, kw_only=True):
    """Security of the content itself."""

    signing_scheme: SigningScheme | None = None


class ConfigurationSetOptions(Shape, frozen=True, kw_only=True):
    """The members that creating and reading a configuration set share."""

    tracking_options: TrackingOptions | None = None
    delivery_options: DeliveryOptions | None = None
    reputation_options: ReputationOptions | None = None
    sending_options: SendingOptions | None = None
    tags: tuple[Tag, ...] | None = None
    suppression_options: SuppressionOptions | None = None
    vdm_options: VdmOptions | None = None
    archiving_options: ArchivingOptions | None = None
    message_security_options: MessageSecurityOptions | None = None


class CreateConfigurationSetRequest(ConfigurationSetOptions, frozen=True, kw_only=True):
    """Make a configuration set.

    The name is required in the model; the service says itself that it misses it (facts §2.1).
    """

    configuration_set_name: str | None = None


class GetConfigurationSetRequest(Shape, frozen=True, kw_only=True):
    """Ask for one configuration set."""

    configuration_set_name: str


class GetConfigurationSetResponse(ConfigurationSetOptions, frozen=True, kw_only=True):
    """Everything about one configuration set."""

    configuration_set_name: str | None = None


class DeleteConfigurationSetRequest(Shape, frozen=True, kw_only=True):
    """Forget one configuration set."""

    configuration_set_name: str


class ListConfigurationSetsRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of names."""

    filter: dict[Literal["CONFIGURATION_SET_NAME_CONTAINS"], Name] | None = None
    next_token: str | None = None
    page_size: int | None = None


class ListConfigurationSetsResponse(Shape, frozen=True, kw_only=True):
    """A page of names, sorted."""

    configuration_sets: tuple[str, ...] | None = None
    next_token: str | None = None
