"""The template actions: requests become calls of `manage/templates.py`."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.paging import Paging
from pillarbox.manage.templates import (
    MAX_PAGE,
    EmailTemplate,
    create_template,
    delete_template,
    get_template,
    list_templates,
    render_template,
    update_template,
)
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses import template_shapes as shapes
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.sesv2.services import Services


@dataclass(frozen=True, slots=True)
class Templates:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(name="CreateTemplate", request=shapes.PutTemplateRequest, handler=self.create),
            Action(name="GetTemplate", request=shapes.NamedTemplateRequest, handler=self.get),
            Action(name="UpdateTemplate", request=shapes.PutTemplateRequest, handler=self.update),
            Action(name="DeleteTemplate", request=shapes.NamedTemplateRequest, handler=self.delete),
            Action(name="ListTemplates", request=shapes.ListTemplatesRequest, handler=self.list),
            Action(
                name="TestRenderTemplate",
                request=shapes.TestRenderTemplateRequest,
                handler=self.render,
            ),
        )

    async def create(self, call: Call[shapes.PutTemplateRequest]) -> None:
        """CreateTemplate."""
        services, account_id = self.services, call.caller.account_id
        new, now, most = _template(call.request), services.now(), services.quotas.templates
        await services.store.write(
            lambda conn: create_template(conn, account_id, new, now=now, most=most)
        )

    async def get(self, call: Call[shapes.NamedTemplateRequest]) -> shapes.GetTemplateResponse:
        """GetTemplate."""
        found = await self._find(call.caller.account_id, call.request.template_name)
        return shapes.GetTemplateResponse(
            template=shapes.Template(
                template_name=found.name,
                subject_part=found.subject,
                text_part=found.text,
                html_part=found.html,
            )
        )

    async def update(self, call: Call[shapes.PutTemplateRequest]) -> None:
        """UpdateTemplate: what is left out is gone."""
        account_id, changed, now = (
            call.caller.account_id,
            _template(call.request),
            self.services.now(),
        )
        await self.services.store.write(
            lambda conn: update_template(conn, account_id, changed, now=now)
        )

    async def delete(self, call: Call[shapes.NamedTemplateRequest]) -> None:
        """DeleteTemplate: one that isn't there is no error, since the model has none."""
        account_id, name, now = (
            call.caller.account_id,
            call.request.template_name,
            self.services.now(),
        )
        try:
            await self.services.store.write(
                lambda conn: delete_template(conn, account_id, name, now=now)
            )
        except NotFound:
            return

    async def list(self, call: Call[shapes.ListTemplatesRequest]) -> shapes.ListTemplatesResponse:
        """ListTemplates: by name; more than a page may hold is a whole page."""
        request = call.request
        paging = Paging(self.services.paging_key, call.caller.account_id, "templates")
        size = None if request.max_items is None else min(request.max_items, MAX_PAGE)
        if size is not None and size < 1:
            raise BadRequest("MaxItems must be at least 1.")
        page = await self.services.store.read(
            lambda conn: list_templates(conn, paging, token=request.next_token, size=size)
        )
        return shapes.ListTemplatesResponse(
            templates_metadata=tuple(
                shapes.TemplateMetadata(
                    name=row.name,
                    created_timestamp=datetime.fromtimestamp(row.created_at / 1000, UTC),
                )
                for row in page.items
            ),
            next_token=page.next_token,
        )

    async def render(
        self, call: Call[shapes.TestRenderTemplateRequest]
    ) -> shapes.TestRenderTemplateResponse:
        """TestRenderTemplate."""
        request = call.request
        found = await self._find(call.caller.account_id, request.template_name)
        text = await asyncio.to_thread(
            render_template, found, request.template_data, self.services.stamp()
        )
        return shapes.TestRenderTemplateResponse(rendered_template=text)

    async def _find(self, account_id: str, name: str) -> EmailTemplate:
        return await self.services.store.read(lambda conn: get_template(conn, account_id, name))


def _template(request: shapes.PutTemplateRequest) -> EmailTemplate:
    given = request.template
    return EmailTemplate(
        name=given.template_name,
        subject=given.subject_part,
        text=given.text_part,
        html=given.html_part,
    )
