"""SendEmail and SendRawEmail: the request becomes a `SendRequest` for `accept`, the message id the
answer (facts §4).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pillarbox.base.errors import BadRequest
from pillarbox.model.send import RawContent, SendRequest, SimpleContent, Text
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.sending_shapes import (
    Content,
    Message,
    SendEmailRequest,
    SendRawEmailRequest,
    SendResponse,
)
from pillarbox.wire.ses.shared_shapes import MessageTag
from pillarbox.wire.sesv2.sending import NO_BODY, check_identity_arns
from pillarbox.wire.sesv2.services import Services


@dataclass(frozen=True, slots=True)
class Sending:
    """The handlers; `accept` knows what may be sent."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(
                name="SendEmail",
                request=SendEmailRequest,
                handler=self.send_email,
                metered=False,
            ),
            Action(
                name="SendRawEmail",
                request=SendRawEmailRequest,
                handler=self.send_raw_email,
                metered=False,
            ),
        )

    async def send_email(self, call: Call[SendEmailRequest]) -> SendResponse:
        """SendEmail: bounces and complaints go to ReturnPath, or to Source (facts §10)."""
        request = call.request
        check_identity_arns(call.caller.account_id, request.source_arn, request.return_path_arn)
        destination = request.destination
        return await self._send(
            call,
            SendRequest(
                caller=call.caller,
                operation="SendEmail",
                content=_simple(request.message),
                from_address=request.source,
                to=destination.to_addresses or (),
                cc=destination.cc_addresses or (),
                bcc=destination.bcc_addresses or (),
                reply_to=request.reply_to_addresses or (),
                feedback_to=request.return_path,
                tags=pairs_of(request.tags),
                configuration_set=request.configuration_set_name,
            ),
        )

    async def send_raw_email(self, call: Call[SendRawEmailRequest]) -> SendResponse:
        """SendRawEmail: Destinations, where given, are all who get it, whatever its header says.

        Source need not be the author: the message keeps its From, and both must be verified.
        """
        request = call.request
        check_identity_arns(
            call.caller.account_id, request.from_arn, request.source_arn, request.return_path_arn
        )
        return await self._send(
            call,
            SendRequest(
                caller=call.caller,
                operation="SendRawEmail",
                content=RawContent(request.raw_message.data),
                from_address=request.source,
                to=request.destinations or (),
                feedback_to=request.source,
                tags=pairs_of(request.tags),
                configuration_set=request.configuration_set_name,
            ),
        )

    async def _send(self, call: Call[Any], request: SendRequest) -> SendResponse:
        return SendResponse(message_id=await self.services.accept(request, call.api))


def _simple(message: Message) -> SimpleContent:
    if message.body.text is None and message.body.html is None:
        raise BadRequest(NO_BODY)
    return SimpleContent(
        subject=Text(message.subject.data, message.subject.charset),
        text=_text(message.body.text),
        html=_text(message.body.html),
    )


def _text(content: Content | None) -> Text | None:
    return None if content is None else Text(content.data, content.charset)


def pairs_of(tags: Iterable[MessageTag] | None) -> tuple[tuple[str, str], ...]:
    """Translate message tags."""
    return tuple((tag.name, tag.value) for tag in tags or ())
