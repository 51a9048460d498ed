"""The template operations: requests become calls of `manage/templates.py`."""

import asyncio
from dataclasses import dataclass

from pillarbox.manage.paging import Paging
from pillarbox.manage.templates import (
    EmailTemplate,
    create_template,
    delete_template,
    get_template,
    list_templates,
    render_template,
    update_template,
)
from pillarbox.proto.aws.rest_json import epoch_seconds
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2 import template_shapes as shapes
from pillarbox.wire.sesv2.sending_shapes import EmailTemplateContent
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import PAGE_QUERY, Tag, tag_pairs, tag_shapes

ALL = "/v2/email/templates"
ONE = ALL + "/{TemplateName}"
_RESOURCE = "template/{TemplateName}"


@dataclass(frozen=True, slots=True)
class Templates:
    """The handlers; only SES v2 has them."""

    services: Services

    def only_v2(self) -> tuple[AnyOperation, ...]:
        """Give the operations that only SES v2 has."""
        return (
            Operation(
                name="CreateEmailTemplate",
                method="POST",
                path=ALL,
                request=shapes.CreateEmailTemplateRequest,
                handler=self.create,
            ),
            Operation(
                name="GetEmailTemplate",
                method="GET",
                path=ONE,
                request=shapes.TemplateRequest,
                handler=self.get,
                resource=_RESOURCE,
            ),
            Operation(
                name="UpdateEmailTemplate",
                method="PUT",
                path=ONE,
                request=shapes.UpdateEmailTemplateRequest,
                handler=self.update,
                resource=_RESOURCE,
            ),
            Operation(
                name="DeleteEmailTemplate",
                method="DELETE",
                path=ONE,
                request=shapes.TemplateRequest,
                handler=self.delete,
                resource=_RESOURCE,
            ),
            Operation(
                name="ListEmailTemplates",
                method="GET",
                path=ALL,
                request=shapes.ListEmailTemplatesRequest,
                handler=self.list,
                query=PAGE_QUERY,
            ),
            Operation(
                name="TestRenderEmailTemplate",
                method="POST",
                path=ONE + "/render",
                request=shapes.TestRenderEmailTemplateRequest,
                handler=self.render,
                resource=_RESOURCE,
            ),
        )

    async def create(self, call: Call[shapes.CreateEmailTemplateRequest]) -> None:
        """CreateEmailTemplate."""
        services, request, account_id = self.services, call.request, call.caller.account_id
        new = _template(request.template_name, request.template_content, request.tags)
        now, most = services.now(), services.quotas.templates
        await services.store.write(
            lambda conn: create_template(conn, account_id, new, now=now, most=most)
        )

    async def get(self, call: Call[shapes.TemplateRequest]) -> shapes.GetEmailTemplateResponse:
        """GetEmailTemplate."""
        found = await self._find(call.caller.account_id, call.request.template_name)
        return shapes.GetEmailTemplateResponse(
            template_name=found.name,
            template_content=EmailTemplateContent(
                subject=found.subject, text=found.text, html=found.html
            ),
            tags=tag_shapes(found.tags),
        )

    async def update(self, call: Call[shapes.UpdateEmailTemplateRequest]) -> None:
        """UpdateEmailTemplate: what is left out is gone."""
        account_id, now = call.caller.account_id, self.services.now()
        changed = _template(call.request.template_name, call.request.template_content)
        await self.services.store.write(
            lambda conn: update_template(conn, account_id, changed, now=now)
        )

    async def delete(self, call: Call[shapes.TemplateRequest]) -> None:
        """DeleteEmailTemplate."""
        account_id, name = call.caller.account_id, call.request.template_name
        now = self.services.now()
        await self.services.store.write(
            lambda conn: delete_template(conn, account_id, name, now=now)
        )

    async def list(
        self, call: Call[shapes.ListEmailTemplatesRequest]
    ) -> shapes.ListEmailTemplatesResponse:
        """ListEmailTemplates: by name."""
        request = call.request
        paging = Paging(self.services.paging_key, call.caller.account_id, "templates")
        page = await self.services.store.read(
            lambda conn: list_templates(
                conn, paging, token=request.next_token, size=request.page_size
            )
        )
        return shapes.ListEmailTemplatesResponse(
            templates_metadata=tuple(
                shapes.EmailTemplateMetadata(
                    template_name=row.name, created_timestamp=epoch_seconds(row.created_at)
                )
                for row in page.items
            ),
            next_token=page.next_token,
        )

    async def render(
        self, call: Call[shapes.TestRenderEmailTemplateRequest]
    ) -> shapes.TestRenderEmailTemplateResponse:
        """TestRenderEmailTemplate."""
        request = call.request
        found = await self._find(call.caller.account_id, request.template_name)
        text = await asyncio.to_thread(
            render_template, found, request.template_data, self.services.stamp()
        )
        return shapes.TestRenderEmailTemplateResponse(rendered_template=text)

    async def _find(self, account_id: str, name: str) -> EmailTemplate:
        return await self.services.store.read(lambda conn: get_template(conn, account_id, name))


def _template(
    name: str, content: EmailTemplateContent, tags: tuple[Tag, ...] | None = None
) -> EmailTemplate:
    return EmailTemplate(
        name=name,
        subject=content.subject,
        text=content.text,
        html=content.html,
        tags=tag_pairs(tags),
    )
