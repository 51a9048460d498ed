"""Custom verification mails (botocore's model of SES v2)."""

from msgspec import field

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Name, Tag

_SUCCESS, _FAILURE = "SuccessRedirectionURL", "FailureRedirectionURL"


class CreateTemplateRequest(Shape, frozen=True, kw_only=True):
    """Make a mail."""

    template_name: Name
    from_email_address: str
    template_subject: str
    template_content: str
    tags: tuple[Tag, ...] | None = None
    success_redirection_url: str = field(name=_SUCCESS)
    failure_redirection_url: str = field(name=_FAILURE)


class UpdateTemplateRequest(Shape, frozen=True, kw_only=True):
    """Change a mail."""

    template_name: Name
    from_email_address: str
    template_subject: str
    template_content: str
    success_redirection_url: str = field(name=_SUCCESS)
    failure_redirection_url: str = field(name=_FAILURE)


class TemplateRequest(Shape, frozen=True, kw_only=True):
    """Ask for a mail, or delete it."""

    template_name: Name


class GetTemplateResponse(Shape, frozen=True, kw_only=True):
    """A mail."""

    template_name: Name | None = None
    from_email_address: str | None = None
    template_subject: str | None = None
    template_content: str | None = None
    tags: tuple[Tag, ...] | None = None
    success_redirection_url: str | None = field(default=None, name=_SUCCESS)
    failure_redirection_url: str | None = field(default=None, name=_FAILURE)


class ListTemplatesRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of mails."""

    next_token: str | None = None
    page_size: int | None = None


class TemplateMetadata(Shape, frozen=True, kw_only=True):
    """A mail as pages show it."""

    template_name: Name | None = None
    from_email_address: str | None = None
    template_subject: str | None = None
    success_redirection_url: str | None = field(default=None, name=_SUCCESS)
    failure_redirection_url: str | None = field(default=None, name=_FAILURE)


class ListTemplatesResponse(Shape, frozen=True, kw_only=True):
    """A page of mails by name."""

    custom_verification_email_templates: tuple[TemplateMetadata, ...] | None = None
    next_token: str | None = None


class SendCustomVerificationEmailRequest(Shape, frozen=True, kw_only=True):
    """Send a mail to an address to verify."""

    email_address: str
    template_name: Name
    configuration_set_name: str | None = None


class SendCustomVerificationEmailResponse(Shape, frozen=True, kw_only=True):
    """The id the mail goes by in events."""

    message_id: str | None = None
