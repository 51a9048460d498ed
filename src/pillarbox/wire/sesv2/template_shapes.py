"""Requests and answers of the template operations and of SendBulkEmail (facts, Appendix B)."""

from typing import Annotated, Literal

from msgspec import Meta

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.sending_shapes import (
    ConfigurationOverrides,
    Destination,
    EmailTemplateContent,
    Headers,
    MessageTag,
    Template,
)
from pillarbox.wire.sesv2.shared_shapes import Name, Tag, Timestamp

TemplateData = Annotated[str, Meta(max_length=262144)]
BulkStatus = Literal[
    "SUCCESS",
    "MESSAGE_REJECTED",
    "MAIL_FROM_DOMAIN_NOT_VERIFIED",
    "CONFIGURATION_SET_NOT_FOUND",
    "TEMPLATE_NOT_FOUND",
    "ACCOUNT_SUSPENDED",
    "ACCOUNT_THROTTLED",
    "ACCOUNT_DAILY_QUOTA_EXCEEDED",
    "INVALID_SENDING_POOL_NAME",
    "ACCOUNT_SENDING_PAUSED",
    "CONFIGURATION_SET_SENDING_PAUSED",
    "INVALID_PARAMETER",
    "TRANSIENT_FAILURE",
    "FAILED",
]


class CreateEmailTemplateRequest(Shape, frozen=True, kw_only=True):
    """Create a template."""

    template_name: Name
    template_content: EmailTemplateContent
    tags: tuple[Tag, ...] | None = None


class UpdateEmailTemplateRequest(Shape, frozen=True, kw_only=True):
    """Replace the content of a template."""

    template_name: Name
    template_content: EmailTemplateContent


class TemplateRequest(Shape, frozen=True, kw_only=True):
    """Ask for a template, or delete it."""

    template_name: Name


class GetEmailTemplateResponse(Shape, frozen=True, kw_only=True):
    """A template."""

    template_name: Name
    template_content: EmailTemplateContent
    tags: tuple[Tag, ...] | None = None


class ListEmailTemplatesRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of the templates."""

    next_token: str | None = None
    page_size: int | None = None


class EmailTemplateMetadata(Shape, frozen=True, kw_only=True):
    """A template as lists show it."""

    template_name: Name | None = None
    created_timestamp: Timestamp | None = None


class ListEmailTemplatesResponse(Shape, frozen=True, kw_only=True):
    """A page of templates by name."""

    templates_metadata: tuple[EmailTemplateMetadata, ...] | None = None
    next_token: str | None = None


class TestRenderEmailTemplateRequest(Shape, frozen=True, kw_only=True):
    """Try out a template."""

    __test__ = False

    template_name: Name
    template_data: TemplateData


class TestRenderEmailTemplateResponse(Shape, frozen=True, kw_only=True):
    """The message that it comes to."""

    __test__ = False

    rendered_template: str


class BulkEmailContent(Shape, frozen=True, kw_only=True):
    """What all messages of a bulk share."""

    template: Template | None = None


class ReplacementTemplate(Shape, frozen=True, kw_only=True):
    """The data of one message of a bulk."""

    replacement_template_data: TemplateData | None = None


class ReplacementEmailContent(Shape, frozen=True, kw_only=True):
    """What is different in one message of a bulk."""

    replacement_template: ReplacementTemplate | None = None


class BulkEmailEntry(Shape, frozen=True, kw_only=True):
    """One message of a bulk."""

    destination: Destination
    replacement_tags: tuple[MessageTag, ...] | None = None
    replacement_email_content: ReplacementEmailContent | None = None
    replacement_headers: Headers | None = None


class SendBulkEmailRequest(Shape, frozen=True, kw_only=True):
    """Send a message to each of several destinations."""

    default_content: BulkEmailContent
    bulk_email_entries: tuple[BulkEmailEntry, ...]
    from_email_address: str | None = None
    from_email_address_identity_arn: Name | None = None
    reply_to_addresses: tuple[str, ...] | None = None
    feedback_forwarding_email_address: str | None = None
    feedback_forwarding_email_address_identity_arn: Name | None = None
    default_email_tags: tuple[MessageTag, ...] | None = None
    configuration_set_name: str | None = None
    endpoint_id: str | None = None
    tenant_name: Name | None = None
    configuration_overrides: ConfigurationOverrides | None = None


class BulkEmailEntryResult(Shape, frozen=True, kw_only=True):
    """What became of one message of a bulk."""

    status: BulkStatus | None = None
    error: str | None = None
    message_id: str | None = None


class SendBulkEmailResponse(Shape, frozen=True, kw_only=True):
    """What became of each, in the order of the request."""

    bulk_email_entry_results: tuple[BulkEmailEntryResult, ...]
