"""SendEmail: the request becomes a `SendRequest` for `accept`, the message id the answer."""

from dataclasses import dataclass

from pillarbox.base.errors import BadRequest
from pillarbox.model.contacts import ListChoice
from pillarbox.model.credentials import Caller
from pillarbox.model.send import Attachment, RawContent, SendRequest, SimpleContent, Text
from pillarbox.model.tracking_setup import TrackingOverride
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2 import sending_shapes as shapes
from pillarbox.wire.sesv2.sending_shapes import (
    ConfigurationOverrides,
    Content,
    Destination,
    EmailContent,
    Message,
    SendEmailRequest,
    SendEmailResponse,
)
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import Switch, refuse_given

ONE_KIND = "Provide exactly one of Simple, Raw and Template in Content."
NO_TEMPLATES = "Content.Template is not supported yet."
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
    _check_identity_arns(request, caller.account_id)
    destination = request.destination or Destination()
    return SendRequest(
        caller=caller,
        content=_content(request.content),
        from_address=request.from_email_address,
        to=destination.to_addresses or (),
        cc=destination.cc_addresses or (),
        bcc=destination.bcc_addresses or (),
        reply_to=request.reply_to_addresses or (),
        feedback_to=request.feedback_forwarding_email_address,
        tags=tuple((tag.name, tag.value) for tag in request.email_tags or ()),
        configuration_set=request.configuration_set_name,
        tracking=_tracking(request.configuration_overrides),
        contact_list=_contact_list(request.list_management_options),
    )


def _contact_list(options: shapes.ListManagementOptions | None) -> ListChoice | None:
    if options is None:
        return None
    return ListChoice(list_name=options.contact_list_name, topic=options.topic_name)


def _tracking(overrides: ConfigurationOverrides | None) -> TrackingOverride | None:
    if overrides is None or overrides.tracking is None:
        return None
    return TrackingOverride(
        opens=_switch(overrides.tracking.open_tracking_enabled),
        clicks=_switch(overrides.tracking.click_tracking_enabled),
    )


def _switch(value: Switch | None) -> bool | None:
    return None if value is None else value == "ENABLED"


def _content(content: EmailContent) -> SimpleContent | RawContent:
    given = [one for one in (content.simple, content.raw, content.template) if one is not None]
    if len(given) != 1:
        raise BadRequest(ONE_KIND)
    if content.simple is not None:
        return _simple(content.simple)
    if content.raw is not None:
        return RawContent(content.raw.data)
    raise BadRequest(NO_TEMPLATES)


def _simple(message: Message) -> SimpleContent:
    if message.body.text is None and message.body.html is None:
        raise BadRequest(NO_BODY)
    return SimpleContent(
        subject=Text(message.subject.data, message.subject.charset),
        text=_text(message.body.text),
        html=_text(message.body.html),
        headers=tuple((header.name, header.value) for header in message.headers or ()),
        attachments=tuple(_attachment(one) for one in message.attachments or ()),
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


def _check_identity_arns(request: SendEmailRequest, account_id: str) -> None:
    """Let the caller name its own identities; sending authorization between accounts is absent."""
    for arn in (
        request.from_email_address_identity_arn,
        request.feedback_forwarding_email_address_identity_arn,
    ):
        if arn is not None and arn.split(":")[4:5] != [account_id]:
            raise BadRequest(FOREIGN_IDENTITY)
