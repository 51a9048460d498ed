"""The request and the answer of SendEmail (reference p. 67; facts, Appendix A and B)."""

from typing import Annotated, Literal

from msgspec import Meta

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Name, Switch


class Destination(Shape, frozen=True, kw_only=True):
    """The recipients."""

    to_addresses: tuple[str, ...] | None = None
    cc_addresses: tuple[str, ...] | None = None
    bcc_addresses: tuple[str, ...] | None = None


class Content(Shape, frozen=True, kw_only=True):
    """A text, and the charset it goes in."""

    data: str
    charset: str | None = None


class Body(Shape, frozen=True, kw_only=True):
    """The text part, the HTML part, or both."""

    text: Content | None = None
    html: Content | None = None


class MessageHeader(Shape, frozen=True, kw_only=True):
    """A header to add to a simple message."""

    name: Annotated[str, Meta(min_length=1, max_length=126, pattern=r"^[!-9;-@A-~]+$")]
    value: Annotated[str, Meta(min_length=1, max_length=995, pattern=r"[ -~]*")]


class Attachment(Shape, frozen=True, kw_only=True):
    """A file to attach to a simple message."""

    raw_content: bytes
    file_name: Annotated[str, Meta(max_length=255)]
    content_disposition: Literal["ATTACHMENT", "INLINE"] | None = None
    content_description: Annotated[str, Meta(max_length=1000)] | None = None
    content_id: Annotated[str, Meta(min_length=1, max_length=78)] | None = None
    content_transfer_encoding: Literal["BASE64", "QUOTED_PRINTABLE", "SEVEN_BIT"] | None = None
    content_type: Annotated[str, Meta(min_length=1, max_length=78)] | None = None


Headers = Annotated[tuple[MessageHeader, ...], Meta(min_length=0, max_length=15)]


class Message(Shape, frozen=True, kw_only=True):
    """A message that the service composes."""

    subject: Content
    body: Body
    headers: Headers | None = None
    attachments: tuple[Attachment, ...] | None = None


class RawMessage(Shape, frozen=True, kw_only=True):
    """A whole MIME message, in Base64 on the wire."""

    data: bytes


class EmailTemplateContent(Shape, frozen=True, kw_only=True):
    """A template that comes with the request."""

    subject: str | None = None
    text: str | None = None
    html: str | None = None


class Template(Shape, frozen=True, kw_only=True):
    """A template and what to fill it with."""

    template_name: Name | None = None
    template_arn: Name | None = None
    template_content: EmailTemplateContent | None = None
    template_data: Annotated[str, Meta(max_length=262144)] | None = None
    headers: Headers | None = None
    attachments: tuple[Attachment, ...] | None = None


class EmailContent(Shape, frozen=True, kw_only=True):
    """One of the three kinds of message."""

    simple: Message | None = None
    raw: RawMessage | None = None
    template: Template | None = None


class MessageTag(Shape, frozen=True, kw_only=True):
    """A tag of the message, for its events."""

    name: str
    value: str


class ListManagementOptions(Shape, frozen=True, kw_only=True):
    """The contact list of the message."""

    contact_list_name: str
    topic_name: str | None = None


class TrackingOverrides(Shape, frozen=True, kw_only=True):
    """Open and click tracking of this message alone."""

    open_tracking_enabled: Switch | None = None
    click_tracking_enabled: Switch | None = None


class ConfigurationOverrides(Shape, frozen=True, kw_only=True):
    """What this message does otherwise than its configuration set says."""

    tracking: TrackingOverrides | None = None


class SendEmailRequest(Shape, frozen=True, kw_only=True):
    """Send one message."""

    content: EmailContent
    from_email_address: str | None = None
    from_email_address_identity_arn: Name | None = None
    destination: Destination | None = None
    reply_to_addresses: tuple[str, ...] | None = None
    feedback_forwarding_email_address: str | None = None
    feedback_forwarding_email_address_identity_arn: Name | None = None
    email_tags: tuple[MessageTag, ...] | None = None
    configuration_set_name: str | None = None
    endpoint_id: str | None = None
    tenant_name: Name | None = None
    list_management_options: ListManagementOptions | None = None
    configuration_overrides: ConfigurationOverrides | None = None


class SendEmailResponse(Shape, frozen=True, kw_only=True):
    """The id the message goes by in events."""

    message_id: str | None = None
