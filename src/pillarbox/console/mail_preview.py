"""What a template comes to with some data, shown before it is saved.

The HTML stands in the page itself, in the `srcdoc` of a frame without scripts, network and our
origin: there is no address that it could be asked for at, as it is stored nowhere.
"""

import asyncio
import secrets

from starlette.responses import Response

from pillarbox.accept.prepare import Stamp
from pillarbox.console.form import blame
from pillarbox.console.mail_view import MailView, view_mail
from pillarbox.console.protection import PREVIEW_CSP, PREVIEW_HEAD
from pillarbox.console.visit import Visit
from pillarbox.manage.templates import EmailTemplate, render_template


async def render_preview(visit: Visit, template: EmailTemplate, data: str) -> MailView:
    """Give the mail that a template and data come to; what is wrong is the data's fault."""
    service = visit.services.settings.service
    stamp = Stamp.make(visit.now, service.region, service.domain, secrets.token_hex(12))
    with blame("data"):
        raw = await asyncio.to_thread(render_template, template, data, stamp)
    return await asyncio.to_thread(view_mail, raw.encode())


def preview_page(visit: Visit, view: MailView, *, found: EmailTemplate | None) -> Response:
    """Give a template's page, None for a new one's, that shows the mail."""
    framed = PREVIEW_HEAD + view.html
    response = visit.page("template.html", found=found, preview=view, framed=framed)
    response.headers["Content-Security-Policy"] = PREVIEW_CSP
    return response
