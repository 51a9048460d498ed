"""Requests of the operations that put options to a configuration set; their answers are empty.

Reference p. 49 to 55; facts, Appendix A and B. The members of the nested options are written flat
here, as the model has them.
"""

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.configuration_set_shapes import (
    ArchivingOptions,
    DeliveryOptions,
    MessageSecurityOptions,
    SendingOptions,
    VdmOptions,
)
from pillarbox.wire.sesv2.suppression_shapes import SuppressionOptions


class PutDeliveryOptions(DeliveryOptions, frozen=True, kw_only=True):
    """Say how a set's mail is delivered."""

    configuration_set_name: str


class PutReputationOptions(Shape, frozen=True, kw_only=True):
    """Say whether a set's reputation metrics are kept."""

    configuration_set_name: str
    reputation_metrics_enabled: bool | None = None


class PutSendingOptions(SendingOptions, frozen=True, kw_only=True):
    """Pause or resume a set."""

    configuration_set_name: str


class PutTrackingOptions(Shape, frozen=True, kw_only=True):
    """Say on which host a set's links and pixels are.

    `https_policy` is an enumeration in the model; the service looks at it last (facts §2.3).
    """

    configuration_set_name: str
    custom_redirect_domain: str | None = None
    https_policy: str | None = None


class PutSuppressionOptions(SuppressionOptions, frozen=True, kw_only=True):
    """Say which recipients of a set's mail are suppressed."""

    configuration_set_name: str


class PutArchivingOptions(ArchivingOptions, frozen=True, kw_only=True):
    """Say where a set's messages are archived."""

    configuration_set_name: str


class PutVdmOptions(Shape, frozen=True, kw_only=True):
    """Set the options of the virtual deliverability manager."""

    configuration_set_name: str
    vdm_options: VdmOptions | None = None


class UpdateConfigurationSetRequest(Shape, frozen=True, kw_only=True):
    """Set the security options of a set's messages."""

    configuration_set_name: str
    message_security_options: MessageSecurityOptions | None = None
