"""How addresses are suppressed: members that configuration sets and the account share."""

from typing import Literal

from pillarbox.proto.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Switch

SuppressedReason = Literal["BOUNCE", "COMPLAINT"]
SuppressedReasons = tuple[SuppressedReason, ...]


class OverallConfidenceThreshold(Shape, frozen=True, kw_only=True):
    """How sure the validation of an address has to be."""

    confidence_verdict_threshold: Literal["MEDIUM", "HIGH", "MANAGED"]


class ConditionThreshold(Shape, frozen=True, kw_only=True):
    """Whether addresses are validated before sending, and how strictly."""

    condition_threshold_enabled: Switch
    overall_confidence_threshold: OverallConfidenceThreshold | None = None


class ValidationSettings(Shape, frozen=True, kw_only=True):
    """The validation options of a set, and the validation attributes of the account."""

    condition_threshold: ConditionThreshold


class SuppressionOptions(Shape, frozen=True, kw_only=True):
    """A configuration set's own suppression rules."""

    suppressed_reasons: SuppressedReasons | None = None
    suppression_scope: Literal["ACCOUNT", "TENANT"] | None = None
    validation_options: ValidationSettings | None = None


class SuppressionAttributes(Shape, frozen=True, kw_only=True):
    """The account's suppression rules."""

    suppressed_reasons: SuppressedReasons | None = None
    validation_attributes: ValidationSettings | None = None
