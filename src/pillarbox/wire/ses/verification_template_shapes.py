"""Requests and answers of the actions on custom verification mails (facts, Appendix C)."""

from typing import Annotated

from msgspec import Meta, field

from pillarbox.proto.aws.rest_json import Shape

_SUCCESS, _FAILURE = "SuccessRedirectionURL", "FailureRedirectionURL"


class CreateTemplateRequest(Shape, frozen=True, kw_only=True):
    """Make a mail."""

    template_name: str
    from_email_address: str
    template_subject: str
    template_content: str
    success_redirection_url: str = field(name=_SUCCESS)
    failure_redirection_url: str = field(name=_FAILURE)


class UpdateTemplateRequest(Shape, frozen=True, kw_only=True):
    """Change a mail."""

    template_name: str
    from_email_address: str | None = None
    template_subject: str | None = None
    template_content: str | None = None
    success_redirection_url: str | None = field(default=None, name=_SUCCESS)
    failure_redirection_url: str | None = field(default=None, name=_FAILURE)


class TemplateRequest(Shape, frozen=True, kw_only=True):
    """Ask for a mail, or delete it."""

    template_name: str


class GetTemplateResponse(Shape, frozen=True, kw_only=True):
    """A mail."""

    template_name: str | None = None
    from_email_address: str | None = None
    template_subject: str | None = None
    template_content: str | None = None
    success_redirection_url: str | None = field(default=None, name=_SUCCESS)
    failure_redirection_url: str | None = field(default=None, name=_FAILURE)


class ListTemplatesRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of mails."""

    next_token: str | None = None
    max_results: Annotated[int, Meta(ge=1, le=50)] | None = None


class TemplateMetadata(Shape, frozen=True, kw_only=True):
    """A mail as pages show it."""

    template_name: str | None = None
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
    template_name: str
    configuration_set_name: str | None = None


class SendCustomVerificationEmailResponse(Shape, frozen=True, kw_only=True):
    """The id the mail goes by in events."""

    message_id: str | None = None
