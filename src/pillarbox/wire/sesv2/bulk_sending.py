"""SendBulkEmail: each entry becomes a message of its own, all accepted in one transaction.

What is wrong with the whole call is its error; what is wrong with one entry is that entry's status.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from pillarbox.accept.templated import with_headers
from pillarbox.base.errors import ApiError, BadRequest, TooManyRequests
from pillarbox.model.send import SendRequest, TemplatedContent
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.sending import (
    attachments_of,
    check_identity_arns,
    headers_of,
    template_of,
    tracking_of,
)
from pillarbox.wire.sesv2.sending_shapes import MessageTag
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import refuse_given
from pillarbox.wire.sesv2.template_shapes import (
    BulkEmailEntry,
    BulkEmailEntryResult,
    BulkStatus,
    SendBulkEmailRequest,
    SendBulkEmailResponse,
)

MAX_ENTRIES = 50
NO_TEMPLATE = "A bulk needs a Template in its DefaultContent."
TOO_MANY = f"The number of destinations exceeds {MAX_ENTRIES}."
NONE = "At least one destination must be specified."
#: The status of an entry, by the code that the Query API has for its error.
_STATUS = {
    "MessageRejected": "MESSAGE_REJECTED",
    "MailFromDomainNotVerifiedException": "MAIL_FROM_DOMAIN_NOT_VERIFIED",
    "ConfigurationSetDoesNotExist": "CONFIGURATION_SET_NOT_FOUND",
    "TemplateDoesNotExist": "TEMPLATE_NOT_FOUND",
    "AccountSuspended": "ACCOUNT_SUSPENDED",
    "Throttling": "ACCOUNT_DAILY_QUOTA_EXCEEDED",
    "AccountSendingPausedException": "ACCOUNT_SENDING_PAUSED",
    "ConfigurationSetSendingPausedException": "CONFIGURATION_SET_SENDING_PAUSED",
    "InvalidParameterValue": "INVALID_PARAMETER",
    "ServiceUnavailable": "TRANSIENT_FAILURE",
}
#: What concerns one entry alone, or those that come after it.
_OF_AN_ENTRY = {"INVALID_PARAMETER", "ACCOUNT_DAILY_QUOTA_EXCEEDED", "FAILED"}


@dataclass(frozen=True, slots=True)
class BulkSending:
    """The handler; only SES v2 has it."""

    services: Services

    def only_v2(self) -> tuple[AnyOperation, ...]:
        """Give the operations that only SES v2 has."""
        return (
            Operation(
                name="SendBulkEmail",
                method="POST",
                path="/v2/email/outbound-bulk-emails",
                request=SendBulkEmailRequest,
                handler=self.send_bulk_email,
                metered=False,
            ),
        )

    async def send_bulk_email(self, call: Call[SendBulkEmailRequest]) -> SendBulkEmailResponse:
        """SendBulkEmail: answered once all messages that are accepted are durable."""
        requests = bulk_requests(call)
        check_number(len(requests))
        results = await self.services.accept_bulk(requests, call.api)
        raise_if_common(results)
        return SendBulkEmailResponse(
            bulk_email_entry_results=tuple(
                BulkEmailEntryResult(status="SUCCESS", message_id=one)
                if isinstance(one, str)
                else BulkEmailEntryResult(status=status_of(one), error=one.message)
                for one in results
            )
        )


def bulk_requests(call: Call[SendBulkEmailRequest]) -> list[SendRequest]:
    """Translate a request. Raises BadRequest for what has no translation."""
    request = call.request
    refuse_given(request, "endpoint_id", "tenant_name")
    check_identity_arns(
        call.caller.account_id,
        request.from_email_address_identity_arn,
        request.feedback_forwarding_email_address_identity_arn,
    )
    template = request.default_content.template
    if template is None:
        raise BadRequest(NO_TEMPLATE)
    use = template_of(
        template,
        call.caller.account_id,
        default_data=template.template_data or "{}",
        attachments=attachments_of(template.attachments),
    )
    content = TemplatedContent(use=use, headers=headers_of(template.headers))
    common = SendRequest(
        caller=call.caller,
        operation="SendBulkEmail",
        content=content,
        from_address=request.from_email_address,
        reply_to=request.reply_to_addresses or (),
        feedback_to=request.feedback_forwarding_email_address,
        configuration_set=request.configuration_set_name,
        tracking=tracking_of(request.configuration_overrides),
    )
    default_tags = _pairs(request.default_email_tags)
    return [_entry(common, content, default_tags, one) for one in request.bulk_email_entries]


def _entry(
    common: SendRequest,
    content: TemplatedContent,
    default_tags: Sequence[tuple[str, str]],
    entry: BulkEmailEntry,
) -> SendRequest:
    replaced = entry.replacement_email_content
    given = replaced.replacement_template if replaced is not None else None
    data = given.replacement_template_data if given is not None else None
    own = with_headers(content, headers_of(entry.replacement_headers))
    return replace(
        common,
        content=replace(own, data=data or "{}"),
        to=entry.destination.to_addresses or (),
        cc=entry.destination.cc_addresses or (),
        bcc=entry.destination.bcc_addresses or (),
        tags=merge_tags(default_tags, _pairs(entry.replacement_tags)),
    )


def merge_tags(
    default: Sequence[tuple[str, str]], own: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Put an entry's tags in the place of those of the same name, and beside the others."""
    names = {name for name, _ in own}
    return (*(tag for tag in default if tag[0] not in names), *own)


def check_number(entries: int) -> None:
    """Check how many messages a bulk is of. Raises BadRequest."""
    if not entries:
        raise BadRequest(NONE)
    if entries > MAX_ENTRIES:
        raise BadRequest(TOO_MANY)


def status_of(error: ApiError) -> BulkStatus:
    """Give the status of an entry that was refused."""
    if isinstance(error, TooManyRequests):
        return "ACCOUNT_THROTTLED"
    return cast("BulkStatus", _STATUS.get(error.query_code, "FAILED"))


def raise_if_common(results: Sequence[str | ApiError]) -> None:
    """Raise the error of a bulk of which nothing was accepted, all for the same reason."""
    errors = [one for one in results if isinstance(one, ApiError)]
    if len(errors) < len(results) or not errors:
        return
    first = errors[0]
    if status_of(first) not in _OF_AN_ENTRY and len({one.message for one in errors}) == 1:
        raise first


def _pairs(tags: Sequence[MessageTag] | None) -> tuple[tuple[str, str], ...]:
    return tuple((tag.name, tag.value) for tag in tags or ())
