"""SendBounce: the original is found, the bounce is composed, `accept` takes it like any mail."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pillarbox.base.errors import BadRequest
from pillarbox.manage.bounces import Bounce, compose_bounce, find_original, status_of_type
from pillarbox.model.send import RawContent, SendRequest
from pillarbox.proto.report.dsn_compose import Fields, RecipientStatus
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.bounce_shapes import (
    BouncedRecipientInfo,
    ExtensionField,
    MessageDsn,
    RecipientDsnFields,
    SendBounceRequest,
    SendBounceResponse,
)
from pillarbox.wire.sesv2.sending import check_identity_arns
from pillarbox.wire.sesv2.services import Services

NO_REASON = "Each recipient needs a BounceType or RecipientDsnFields."


@dataclass(frozen=True, slots=True)
class Bounces:
    """The handler."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the action of this family."""
        return (
            Action(
                name="SendBounce",
                request=SendBounceRequest,
                handler=self.send_bounce,
                metered=False,
            ),
        )

    async def send_bounce(self, call: Call[SendBounceRequest]) -> SendBounceResponse:
        """SendBounce: BounceSender must be verified, as any sender."""
        services, request, account_id = self.services, call.request, call.caller.account_id
        arns = (one.recipient_arn for one in request.bounced_recipient_info_list)
        check_identity_arns(account_id, request.bounce_sender_arn, *arns)
        bounce, now = _bounce(request), services.now()
        original = await services.store.read(
            lambda conn: find_original(conn, account_id, request.original_message_id, now=now)
        )
        content = compose_bounce(
            bounce,
            original,
            service=services.signing_zone.removeprefix("dkim."),
            boundary=f"----=_Part_{secrets.token_hex(12)}",
        )
        sent = SendRequest(
            caller=call.caller,
            operation="SendBounce",
            content=RawContent(content),
            to=(original.sender,),
            report=True,
        )
        return SendBounceResponse(message_id=await services.accept(sent, call.api))


def _bounce(request: SendBounceRequest) -> Bounce:
    if not request.bounced_recipient_info_list:
        raise BadRequest("At least one bounced recipient must be specified.")
    whole = request.message_dsn
    return Bounce(
        sender=request.bounce_sender,
        recipients=tuple(map(_status, request.bounced_recipient_info_list)),
        explanation=request.explanation,
        reporting_mta=whole.reporting_mta if whole else None,
        arrival=_milliseconds(whole.arrival_date if whole else None),
        extensions=_fields(whole),
    )


def _status(info: BouncedRecipientInfo) -> RecipientStatus:
    given = info.recipient_dsn_fields
    if info.bounce_type is None and given is None:
        raise BadRequest(NO_REASON)
    if given is None:
        return status_of_type(info.recipient, info.bounce_type or "Undefined")
    told = RecipientStatus(
        recipient=given.final_recipient or info.recipient,
        action=given.action,
        status=given.status,
        diagnostic=given.diagnostic_code,
        remote_mta=given.remote_mta,
        last_attempt=_milliseconds(given.last_attempt_date),
        extensions=_fields(given),
    )
    if info.bounce_type is None or told.diagnostic:
        return told
    usual = status_of_type(info.recipient, info.bounce_type)
    return replace(told, diagnostic=usual.diagnostic)


def _fields(of: MessageDsn | RecipientDsnFields | None) -> Fields:
    given: Iterable[ExtensionField] = (of.extension_fields or ()) if of else ()
    return tuple((field.name, field.value) for field in given)


def _milliseconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() * 1000)
