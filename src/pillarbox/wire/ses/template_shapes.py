"""Shapes of the template actions, and of sending with templates (facts, Appendix C)."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.ses.shared_shapes import MessageTag
from pillarbox.wire.sesv2.sending_shapes import Destination

TemplateData = Annotated[str, Meta(max_length=262144)]
BulkStatus = Literal[
    "Success",
    "MessageRejected",
    "MailFromDomainNotVerified",
    "ConfigurationSetDoesNotExist",
    "TemplateDoesNotExist",
    "AccountSuspended",
    "AccountThrottled",
    "AccountDailyQuotaExceeded",
    "InvalidSendingPoolName",
    "AccountSendingPaused",
    "ConfigurationSetSendingPaused",
    "InvalidParameterValue",
    "TransientFailure",
    "Failed",
]


class Template(Shape, frozen=True, kw_only=True):
    """A template."""

    template_name: str
    subject_part: str | None = None
    text_part: str | None = None
    html_part: str | None = None


class PutTemplateRequest(Shape, frozen=True, kw_only=True):
    """Create a template, or replace the content of one."""

    template: Template


class NamedTemplateRequest(Shape, frozen=True, kw_only=True):
    """Ask for a template, or delete it."""

    template_name: str


class GetTemplateResponse(Shape, frozen=True, kw_only=True):
    """A template."""

    template: Template | None = None


class ListTemplatesRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of the templates."""

    next_token: str | None = None
    max_items: int | None = None


class TemplateMetadata(Shape, frozen=True, kw_only=True):
    """A template as lists show it."""

    name: str | None = None
    created_timestamp: datetime | None = None


class ListTemplatesResponse(Shape, frozen=True, kw_only=True):
    """A page of templates by name."""

    templates_metadata: tuple[TemplateMetadata, ...] | None = None
    next_token: str | None = None


class TestRenderTemplateRequest(Shape, frozen=True, kw_only=True):
    """Try out a template."""

    __test__ = False

    template_name: str
    template_data: TemplateData


class TestRenderTemplateResponse(Shape, frozen=True, kw_only=True):
    """The message that it comes to."""

    __test__ = False

    rendered_template: str | None = None


class SendTemplatedEmailRequest(Shape, frozen=True, kw_only=True):
    """Send one message that is made from a template."""

    source: str
    destination: Destination
    template: str
    template_data: TemplateData
    reply_to_addresses: tuple[str, ...] | None = None
    return_path: str | None = None
    source_arn: str | None = None
    return_path_arn: str | None = None
    tags: tuple[MessageTag, ...] | None = None
    configuration_set_name: str | None = None
    template_arn: str | None = None


class BulkEmailDestination(Shape, frozen=True, kw_only=True):
    """One message of a bulk."""

    destination: Destination
    replacement_tags: tuple[MessageTag, ...] | None = None
    replacement_template_data: TemplateData | None = None


class SendBulkTemplatedEmailRequest(Shape, frozen=True, kw_only=True):
    """Send a message to each of several destinations."""

    source: str
    template: str
    default_template_data: TemplateData
    destinations: tuple[BulkEmailDestination, ...]
    source_arn: str | None = None
    reply_to_addresses: tuple[str, ...] | None = None
    return_path: str | None = None
    return_path_arn: str | None = None
    configuration_set_name: str | None = None
    default_tags: tuple[MessageTag, ...] | None = None
    template_arn: str | None = None


class BulkEmailDestinationStatus(Shape, frozen=True, kw_only=True):
    """What became of one message of a bulk."""

    status: BulkStatus | None = None
    error: str | None = None
    message_id: str | None = None


class SendBulkTemplatedEmailResponse(Shape, frozen=True, kw_only=True):
    """What became of each, in the order of the request."""

    statuses: tuple[BulkEmailDestinationStatus, ...] = field(name="Status")
