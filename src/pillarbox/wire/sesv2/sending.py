"""SendEmail: the request becomes a `SendRequest` for `accept`, the message id the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.base.errors import BadRequest
from pillarbox.model.contacts import ListChoice
from pillarbox.model.credentials import Caller
from pillarbox.model.send import (
    Attachment,
    InlineTemplate,
    RawContent,
    SendRequest,
    SimpleContent,
    TemplatedContent,
    TemplateUse,
    Text,
)
from pillarbox.model.tracking_setup import TrackingOverride
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2 import sending_shapes as shapes
from pillarbox.wire.sesv2.sending_shapes import (
    ConfigurationOverrides,
    Content,
    Destination,
    EmailContent,
    Message,
    MessageHeader,
    SendEmailRequest,
    SendEmailResponse,
    Template,
)
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import Switch, refuse_given

ONE_KIND = "Provide exactly one of Simple, Raw and Template in Content."
ONE_TEMPLATE = "Provide exactly one of TemplateName, TemplateArn and TemplateContent."
BAD_ARN = "TemplateArn is not the expected format"
FOREIGN_TEMPLATE = "Sending with another account's template is not supported."
NO_BODY = "The message body must have a Text or an Html part."
FOREIGN_IDENTITY = "Sending on behalf of another account's identity is not supported."


@dataclass(frozen=True, slots=True)
class Sending:
    """The handler; `accept` knows what each API says of a message."""

    services: Services

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            Operation(
                name="SendEmail",
                method="POST",
                path="/v2/email/outbound-emails",
                request=SendEmailRequest,
                handler=self.send_email,
                metered=False,
            ),
        )

    async def send_email(self, call: Call[SendEmailRequest]) -> SendEmailResponse:
        """SendEmail: answered once the message is durable."""
        request = send_request(call.request, call.caller)
        return SendEmailResponse(message_id=await self.services.accept(request, call.api))


def send_request(request: SendEmailRequest, caller: Caller) -> SendRequest:
    """Translate a request. Raises BadRequest for what has no translation."""
    refuse_given(request, "endpoint_id", "tenant_name")
    check_identity_arns(
        caller.account_id,
        request.from_email_address_identity_arn,
        request.feedback_forwarding_email_address_identity_arn,
    )
    destination = request.destination or Destination()
    return SendRequest(
        caller=caller,
        content=_content(request.content, caller.account_id),
        from_address=request.from_email_address,
        to=destination.to_addresses or (),
        cc=destination.cc_addresses or (),
        bcc=destination.bcc_addresses or (),
        reply_to=request.reply_to_addresses or (),
        feedback_to=request.feedback_forwarding_email_address,
        tags=tuple((tag.name, tag.value) for tag in request.email_tags or ()),
        configuration_set=request.configuration_set_name,
        tracking=tracking_of(request.configuration_overrides),
        contact_list=_contact_list(request.list_management_options),
    )


def _contact_list(options: shapes.ListManagementOptions | None) -> ListChoice | None:
    if options is None:
        return None
    return ListChoice(list_name=options.contact_list_name, topic=options.topic_name)


def tracking_of(overrides: ConfigurationOverrides | None) -> TrackingOverride | None:
    """Translate what one message does otherwise than its configuration set says."""
    if overrides is None or overrides.tracking is None:
        return None
    return TrackingOverride(
        opens=_switch(overrides.tracking.open_tracking_enabled),
        clicks=_switch(overrides.tracking.click_tracking_enabled),
    )


def _switch(value: Switch | None) -> bool | None:
    return None if value is None else value == "ENABLED"


def _content(
    content: EmailContent, account_id: str
) -> SimpleContent | RawContent | TemplatedContent:
    given = [one for one in (content.simple, content.raw, content.template) if one is not None]
    if len(given) != 1:
        raise BadRequest(ONE_KIND)
    if content.simple is not None:
        return _simple(content.simple)
    if content.template is not None:
        template = content.template
        attachments = attachments_of(template.attachments)
        return TemplatedContent(
            use=template_of(template, account_id, attachments=attachments),
            data=template.template_data or "{}",
            headers=headers_of(template.headers),
        )
    return RawContent(content.raw.data if content.raw else b"")


def template_of(
    template: Template,
    account_id: str,
    *,
    default_data: str = "{}",
    attachments: tuple[Attachment, ...] = (),
) -> TemplateUse:
    """Translate which template is meant. Raises BadRequest."""
    given = (template.template_name, template.template_arn, template.template_content)
    if sum(one is not None for one in given) != 1:
        raise BadRequest(ONE_TEMPLATE)
    named: str | InlineTemplate
    if template.template_content is not None:
        content = template.template_content
        named = InlineTemplate(subject=content.subject, text=content.text, html=content.html)
    else:
        named = template.template_name or template_named(template.template_arn or "", account_id)
    return TemplateUse(template=named, default_data=default_data, attachments=attachments)


def template_named(arn: str, account_id: str) -> str:
    """Give the name in `arn:aws:ses:REGION:ACCOUNT:template/NAME`. Raises BadRequest."""
    parts = arn.split(":", 5)
    kind, _, name = parts[-1].partition("/")
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "ses" or kind != "template" or not name:
        raise BadRequest(BAD_ARN)
    if parts[4] != account_id:
        raise BadRequest(FOREIGN_TEMPLATE)
    return name


def headers_of(headers: Sequence[MessageHeader] | None) -> tuple[tuple[str, str], ...]:
    """Translate a caller's own headers."""
    return tuple((header.name, header.value) for header in headers or ())


def attachments_of(
    attachments: Sequence[shapes.Attachment] | None,
) -> tuple[Attachment, ...]:
    """Translate attachments."""
    return tuple(_attachment(one) for one in attachments or ())


def _simple(message: Message) -> SimpleContent:
    if message.body.text is None and message.body.html is None:
        raise BadRequest(NO_BODY)
    return SimpleContent(
        subject=Text(message.subject.data, message.subject.charset),
        text=_text(message.body.text),
        html=_text(message.body.html),
        headers=headers_of(message.headers),
        attachments=attachments_of(message.attachments),
    )


def _attachment(attachment: shapes.Attachment) -> Attachment:
    return Attachment(
        data=attachment.raw_content,
        file_name=attachment.file_name,
        content_type=attachment.content_type,
        encoding=attachment.content_transfer_encoding or "BASE64",
        inline=attachment.content_disposition == "INLINE",
        content_id=attachment.content_id,
        description=attachment.content_description,
    )


def _text(content: Content | None) -> Text | None:
    return None if content is None else Text(content.data, content.charset)


def check_identity_arns(account_id: str, *arns: str | None) -> None:
    """Let the caller name its own identities; sending authorization between accounts is absent."""
    if any(arn is not None and arn.split(":")[4:5] != [account_id] for arn in arns):
        raise BadRequest(FOREIGN_IDENTITY)
