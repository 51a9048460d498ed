"""Custom verification mails: requests become calls of
`manage/identities/verification_templates.py`.
"""

from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from pillarbox.manage.identities.verification_templates import (
    Sending,
    TemplateText,
    begin_verification,
    create_template,
    delete_template,
    get_template,
    list_templates,
    template_to_send,
    update_template,
    with_link,
)
from pillarbox.manage.paging import Paging
from pillarbox.manage.tags import read_tags
from pillarbox.model.credentials import Caller
from pillarbox.model.send import SendRequest, SimpleContent, Text
from pillarbox.wire.http.errors import Api
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2 import verification_template_shapes as shapes
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import PAGE_QUERY, tag_pairs, tag_shapes

ALL = "/v2/email/custom-verification-email-templates"
ONE = ALL + "/{TemplateName}"


@dataclass(frozen=True, slots=True)
class VerificationTemplates:
    """The handlers; only SES v2 has them."""

    services: Services

    def only_v2(self) -> tuple[AnyOperation, ...]:
        """Give the operations that only SES v2 has."""
        return (
            Operation(
                name="CreateCustomVerificationEmailTemplate",
                method="POST",
                path=ALL,
                request=shapes.CreateTemplateRequest,
                handler=self.create,
            ),
            Operation(
                name="GetCustomVerificationEmailTemplate",
                method="GET",
                path=ONE,
                request=shapes.TemplateRequest,
                handler=self.get,
            ),
            Operation(
                name="UpdateCustomVerificationEmailTemplate",
                method="PUT",
                path=ONE,
                request=shapes.UpdateTemplateRequest,
                handler=self.update,
            ),
            Operation(
                name="DeleteCustomVerificationEmailTemplate",
                method="DELETE",
                path=ONE,
                request=shapes.TemplateRequest,
                handler=self.delete,
            ),
            Operation(
                name="ListCustomVerificationEmailTemplates",
                method="GET",
                path=ALL,
                request=shapes.ListTemplatesRequest,
                handler=self.list,
                query=PAGE_QUERY,
            ),
            Operation(
                name="SendCustomVerificationEmail",
                method="POST",
                path="/v2/email/outbound-custom-verification-emails",
                request=shapes.SendCustomVerificationEmailRequest,
                handler=self.send,
                metered=False,
            ),
        )

    async def create(self, call: Call[shapes.CreateTemplateRequest]) -> None:
        """CreateCustomVerificationEmailTemplate."""
        services, account_id, now = self.services, call.caller.account_id, self.services.now()
        new, tags = template_text(call.request), tag_pairs(call.request.tags)
        await services.store.write(
            lambda conn: create_template(
                conn,
                account_id,
                new,
                tags=tags,
                now=now,
                everything_verified=services.everything_verified,
            )
        )

    async def get(self, call: Call[shapes.TemplateRequest]) -> shapes.GetTemplateResponse:
        """GetCustomVerificationEmailTemplate."""
        account_id, name = call.caller.account_id, call.request.template_name
        row = await self.services.store.read(lambda conn: get_template(conn, account_id, name))
        return shapes.GetTemplateResponse(
            template_name=row.name,
            from_email_address=row.from_address,
            template_subject=row.subject,
            template_content=row.content,
            tags=tag_shapes(read_tags(row.tags)),
            success_redirection_url=row.success_url,
            failure_redirection_url=row.failure_url,
        )

    async def update(self, call: Call[shapes.UpdateTemplateRequest]) -> None:
        """UpdateCustomVerificationEmailTemplate."""
        services, account_id = self.services, call.caller.account_id
        new = template_text(call.request)
        await services.store.write(
            lambda conn: update_template(
                conn, account_id, new, everything_verified=services.everything_verified
            )
        )

    async def delete(self, call: Call[shapes.TemplateRequest]) -> None:
        """DeleteCustomVerificationEmailTemplate."""
        account_id, name = call.caller.account_id, call.request.template_name

        def remove(conn: Connection) -> None:
            if not delete_template(conn, account_id, name):
                get_template(conn, account_id, name)  # says that it is not there

        await self.services.store.write(remove)

    async def list(self, call: Call[shapes.ListTemplatesRequest]) -> shapes.ListTemplatesResponse:
        """ListCustomVerificationEmailTemplates: pages by name."""
        request = call.request
        paging = Paging(self.services.paging_key, call.caller.account_id, PAGES)
        page = await self.services.store.read(
            lambda conn: list_templates(
                conn, paging, token=request.next_token, size=request.page_size
            )
        )
        found = tuple(
            shapes.TemplateMetadata(
                template_name=row.name,
                from_email_address=row.from_address,
                template_subject=row.subject,
                success_redirection_url=row.success_url,
                failure_redirection_url=row.failure_url,
            )
            for row in page.items
        )
        return shapes.ListTemplatesResponse(
            custom_verification_email_templates=found, next_token=page.next_token
        )

    async def send(
        self, call: Call[shapes.SendCustomVerificationEmailRequest]
    ) -> shapes.SendCustomVerificationEmailResponse:
        """SendCustomVerificationEmail."""
        request = call.request
        wanted = Sending(
            address=request.email_address,
            template=request.template_name,
            configuration_set=request.configuration_set_name,
        )
        sent = await send_verification(self.services, call.caller, wanted, call.api)
        return shapes.SendCustomVerificationEmailResponse(message_id=sent)


#: Which list page tokens belong to, in both APIs.
PAGES = "custom verification email templates"


async def send_verification(services: Services, caller: Caller, wanted: Sending, api: Api) -> str:
    """Begin to verify an address and send it the mail, or neither; give the message id."""
    account_id, now = caller.account_id, services.now()
    row = await services.store.read(
        lambda conn: template_to_send(
            conn, account_id, wanted, everything_verified=services.everything_verified
        )
    )
    link = services.verification_link(account_id, wanted.address, now, row.name)
    request = SendRequest(
        caller=caller,
        operation="SendCustomVerificationEmail",
        content=SimpleContent(
            subject=Text(row.subject), html=Text(with_link(row.content, link), "UTF-8")
        ),
        from_address=row.from_address,
        to=(wanted.address,),
        configuration_set=wanted.configuration_set,
    )
    most = services.quotas.identities
    begin = partial(begin_verification, account_id, wanted.address, now, most)
    return await services.accept(request, api, begin)


def template_text(
    request: shapes.CreateTemplateRequest | shapes.UpdateTemplateRequest,
) -> TemplateText:
    """Give what a request says of a mail."""
    return TemplateText(
        name=request.template_name,
        from_address=request.from_email_address,
        subject=request.template_subject,
        content=request.template_content,
        success_url=request.success_redirection_url,
        failure_url=request.failure_redirection_url,
    )
