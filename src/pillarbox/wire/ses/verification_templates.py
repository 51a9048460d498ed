"""Custom verification mails in SES v1: requests become calls of `manage`."""

from dataclasses import dataclass

from pillarbox.manage.identities.verification_templates import (
    Sending,
    TemplateText,
    create_template,
    delete_template,
    get_template,
    list_templates,
    update_template,
)
from pillarbox.manage.paging import Paging
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses import verification_template_shapes as shapes
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.verification_templates import PAGES, send_verification


@dataclass(frozen=True, slots=True)
class VerificationTemplates:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(
                name="CreateCustomVerificationEmailTemplate",
                request=shapes.CreateTemplateRequest,
                handler=self.create,
                result=False,
            ),
            Action(
                name="GetCustomVerificationEmailTemplate",
                request=shapes.TemplateRequest,
                handler=self.get,
            ),
            Action(
                name="UpdateCustomVerificationEmailTemplate",
                request=shapes.UpdateTemplateRequest,
                handler=self.update,
                result=False,
            ),
            Action(
                name="DeleteCustomVerificationEmailTemplate",
                request=shapes.TemplateRequest,
                handler=self.delete,
                result=False,
            ),
            Action(
                name="ListCustomVerificationEmailTemplates",
                request=shapes.ListTemplatesRequest,
                handler=self.list,
            ),
            Action(
                name="SendCustomVerificationEmail",
                request=shapes.SendCustomVerificationEmailRequest,
                handler=self.send,
                metered=False,
            ),
        )

    async def create(self, call: Call[shapes.CreateTemplateRequest]) -> None:
        """CreateCustomVerificationEmailTemplate."""
        services, account_id, now = self.services, call.caller.account_id, self.services.now()
        new = _text(call.request)
        await services.store.write(
            lambda conn: create_template(
                conn,
                account_id,
                new,
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
            success_redirection_url=row.success_url,
            failure_redirection_url=row.failure_url,
        )

    async def update(self, call: Call[shapes.UpdateTemplateRequest]) -> None:
        """UpdateCustomVerificationEmailTemplate: what is not given stays."""
        services, account_id, new = self.services, call.caller.account_id, _text(call.request)
        await services.store.write(
            lambda conn: update_template(
                conn, account_id, new, everything_verified=services.everything_verified
            )
        )

    async def delete(self, call: Call[shapes.TemplateRequest]) -> None:
        """DeleteCustomVerificationEmailTemplate: it is no error that there is none."""
        account_id, name = call.caller.account_id, call.request.template_name
        await self.services.store.write(lambda conn: delete_template(conn, account_id, name))

    async def list(self, call: Call[shapes.ListTemplatesRequest]) -> shapes.ListTemplatesResponse:
        """ListCustomVerificationEmailTemplates: pages by name."""
        request = call.request
        paging = Paging(self.services.paging_key, call.caller.account_id, PAGES)
        page = await self.services.store.read(
            lambda conn: list_templates(
                conn, paging, token=request.next_token, size=request.max_results
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


def _text(request: shapes.CreateTemplateRequest | shapes.UpdateTemplateRequest) -> TemplateText:
    return TemplateText(
        name=request.template_name,
        from_address=request.from_email_address,
        subject=request.template_subject,
        content=request.template_content,
        success_url=request.success_redirection_url,
        failure_url=request.failure_redirection_url,
    )
