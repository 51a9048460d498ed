"""The suppression list, and the members on it that configuration sets and the account share.

Facts, Appendix B.
"""

from typing import Literal

from msgspec import field

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Name, Switch, Timestamp

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


class PutSuppressedDestinationRequest(Shape, frozen=True, kw_only=True):
    """Put an address on the list."""

    email_address: str
    reason: SuppressedReason
    tenant_name: Name | None = None


class SuppressedDestinationRequest(Shape, frozen=True, kw_only=True):
    """Ask for an entry of the list, or take it off."""

    email_address: str
    tenant_name: Name | None = None


class SuppressedDestinationAttributes(Shape, frozen=True, kw_only=True):
    """The message and the event that put the address there."""

    message_id: str | None = None
    feedback_id: str | None = None


class SuppressedDestination(Shape, frozen=True, kw_only=True):
    """An entry of the list."""

    email_address: str
    reason: SuppressedReason
    last_update_time: Timestamp
    attributes: SuppressedDestinationAttributes | None = None
    tenant_name: Name | None = None


class GetSuppressedDestinationResponse(Shape, frozen=True, kw_only=True):
    """One entry."""

    suppressed_destination: SuppressedDestination


class ListSuppressedDestinationsRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of the list. Reasons are `Reason` in the query string."""

    tenant_name: Name | None = None
    reasons: SuppressedReasons | None = field(default=None, name="Reason")
    start_date: Timestamp | None = None
    end_date: Timestamp | None = None
    next_token: str | None = None
    page_size: int | None = None


class SuppressedDestinationSummary(Shape, frozen=True, kw_only=True):
    """An entry as lists show it."""

    email_address: str
    reason: SuppressedReason
    last_update_time: Timestamp


class ListSuppressedDestinationsResponse(Shape, frozen=True, kw_only=True):
    """A page of entries by address."""

    suppressed_destination_summaries: tuple[SuppressedDestinationSummary, ...] | None = None
    next_token: str | None = None
