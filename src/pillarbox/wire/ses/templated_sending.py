"""SendTemplatedEmail and SendBulkTemplatedEmail: requests become `SendRequest`s for `accept`."""

from dataclasses import dataclass
from typing import cast

from pillarbox.base.errors import BadRequest
from pillarbox.model.send import SendRequest, TemplatedContent, TemplateUse
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses import template_shapes as shapes
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.sending import pairs_of
from pillarbox.wire.ses.sending_shapes import SendResponse
from pillarbox.wire.ses.words import pascal
from pillarbox.wire.sesv2.bulk_sending import check_number, merge_tags, raise_if_common, status_of
from pillarbox.wire.sesv2.sending import check_identity_arns, template_named
from pillarbox.wire.sesv2.services import Services

OTHER_ARN = "Template and TemplateArn name different templates."
#: Statuses that SES v1 writes otherwise than SES v2.
_STATUS = {
    "CONFIGURATION_SET_NOT_FOUND": "ConfigurationSetDoesNotExist",
    "TEMPLATE_NOT_FOUND": "TemplateDoesNotExist",
    "INVALID_PARAMETER": "InvalidParameterValue",
}


@dataclass(frozen=True, slots=True)
class TemplatedSending:
    """The handlers; `accept` knows what may be sent."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(
                name="SendTemplatedEmail",
                request=shapes.SendTemplatedEmailRequest,
                handler=self.send,
                metered=False,
            ),
            Action(
                name="SendBulkTemplatedEmail",
                request=shapes.SendBulkTemplatedEmailRequest,
                handler=self.send_bulk,
                metered=False,
            ),
        )

    async def send(self, call: Call[shapes.SendTemplatedEmailRequest]) -> SendResponse:
        """SendTemplatedEmail: answered once the message is durable; it is rendered later."""
        request = call.request
        check_identity_arns(call.caller.account_id, request.source_arn, request.return_path_arn)
        use = TemplateUse(template=_named(call.caller.account_id, request))
        destination = request.destination
        sent = SendRequest(
            caller=call.caller,
            operation="SendTemplatedEmail",
            content=TemplatedContent(use=use, data=request.template_data),
            from_address=request.source,
            to=destination.to_addresses or (),
            cc=destination.cc_addresses or (),
            bcc=destination.bcc_addresses or (),
            reply_to=request.reply_to_addresses or (),
            feedback_to=request.return_path,
            tags=pairs_of(request.tags),
            configuration_set=request.configuration_set_name,
        )
        return SendResponse(message_id=await self.services.accept(sent, call.api))

    async def send_bulk(
        self, call: Call[shapes.SendBulkTemplatedEmailRequest]
    ) -> shapes.SendBulkTemplatedEmailResponse:
        """SendBulkTemplatedEmail: answered once all messages that are accepted are durable."""
        request = call.request
        check_identity_arns(call.caller.account_id, request.source_arn, request.return_path_arn)
        check_number(len(request.destinations))
        use = TemplateUse(
            template=_named(call.caller.account_id, request),
            default_data=request.default_template_data,
        )
        default_tags = pairs_of(request.default_tags)
        requests = [
            SendRequest(
                caller=call.caller,
                operation="SendBulkTemplatedEmail",
                content=TemplatedContent(use=use, data=one.replacement_template_data or "{}"),
                from_address=request.source,
                to=one.destination.to_addresses or (),
                cc=one.destination.cc_addresses or (),
                bcc=one.destination.bcc_addresses or (),
                reply_to=request.reply_to_addresses or (),
                feedback_to=request.return_path,
                tags=merge_tags(default_tags, pairs_of(one.replacement_tags)),
                configuration_set=request.configuration_set_name,
            )
            for one in request.destinations
        ]
        results = await self.services.accept_bulk(requests, call.api)
        raise_if_common(results)
        return shapes.SendBulkTemplatedEmailResponse(
            statuses=tuple(
                shapes.BulkEmailDestinationStatus(status="Success", message_id=one)
                if isinstance(one, str)
                else shapes.BulkEmailDestinationStatus(
                    status=_written(status_of(one)), error=one.message
                )
                for one in results
            )
        )


def _named(
    account_id: str,
    request: shapes.SendTemplatedEmailRequest | shapes.SendBulkTemplatedEmailRequest,
) -> str:
    """Give the template's name; an ARN beside it must mean the same. Raises BadRequest."""
    arn = request.template_arn
    if arn is not None and template_named(arn, account_id) != request.template:
        raise BadRequest(OTHER_ARN)
    return request.template


def _written(status: str) -> shapes.BulkStatus:
    return cast("shapes.BulkStatus", _STATUS.get(status) or pascal(status))
