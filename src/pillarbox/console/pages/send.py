"""Sending a test mail by hand, through the same door as the API: written here, or of a template."""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import ApiError
from pillarbox.console.form import Form, FormError
from pillarbox.console.mail_preview import render_preview
from pillarbox.console.page import act, show
from pillarbox.console.visit import Visit
from pillarbox.manage.identities.listing import every_identity
from pillarbox.manage.templates import EmailTemplate, get_template
from pillarbox.model.credentials import Caller
from pillarbox.model.send import SendRequest, SimpleContent, TemplatedContent, TemplateUse, Text
from pillarbox.model.simulator import (
    BOUNCE,
    COMPLAINT,
    OUT_OF_OFFICE,
    SES_SIMULATOR,
    SUCCESS,
    SUPPRESSION_LIST,
)
from pillarbox.model.user import Role

PATH = "/{account}/send"
SENDERS_SHOWN = 100
SIMULATED = tuple(
    f"{name}@{SES_SIMULATOR}"
    for name in (SUCCESS, BOUNCE, OUT_OF_OFFICE, COMPLAINT, SUPPRESSION_LIST)
)


async def form(visit: Visit) -> Response:
    """Show the form, with senders that would be accepted."""
    verified = visit.services.everything_verified

    def find(conn: Connection) -> list[str]:
        found = every_identity(conn, visit.account_id, everything_verified=verified)
        usable = (one for one in found if one.verified)
        return [
            one.name if one.kind == "EMAIL_ADDRESS" else f"hello@{one.name}"
            for one, _ in zip(usable, range(SENDERS_SHOWN), strict=False)
        ]

    senders = await visit.read(find)
    return visit.page(
        "send.html",
        senders=senders,
        sender=senders[0] if senders else "",
        simulator=SIMULATED,
        made_of=await _template(visit),
    )


async def send(visit: Visit) -> Response:
    """Send it; what the door says is shown as it would say it to a program."""
    typed = visit.form
    recipients = tuple(one.strip() for one in typed.text("to").split(",") if one.strip())
    if not recipients:
        raise FormError({"to": "Give a recipient."})
    template = await _template(visit)
    if template is None:
        content: SimpleContent | TemplatedContent = _written(typed)
    else:
        await render_preview(visit, template, typed.text("data"))  # what can't be made isn't sent
        use = TemplateUse(template=template.name)
        content = TemplatedContent(use=use, data=typed.text("data"))
    request = SendRequest(
        caller=Caller(
            account_id=visit.account_id, access_key_id="console", source_ip=visit.address
        ),
        from_address=typed.text("sender"),
        to=recipients,
        content=content,
        configuration_set=typed.optional("set"),
    )
    try:
        message_id = await visit.services.accept(request)
    except ApiError as error:
        if error.status >= 500:
            raise
        raise FormError({_field(error): f"{error.message} ({error.code})"}) from error
    await visit.change("mail.send", message_id, lambda _conn: None, to=len(recipients))
    below = "/captured" if visit.services.settings.capturing else "/send"
    return visit.redirect(visit.url(below), f"Accepted as {message_id}.")


async def _template(visit: Visit) -> EmailTemplate | None:
    """Give the template that the mail is to be made of, None for none; raises NotFound."""
    name = visit.query.get("template", "")
    if not name:
        return None
    return await visit.read(lambda conn: get_template(conn, visit.account_id, name))


def _written(typed: Form) -> SimpleContent:
    html = typed.raw("html")
    return SimpleContent(
        subject=Text(typed.text("subject")),
        text=Text(typed.raw("text")) if typed.text("text") or not html.strip() else None,
        html=Text(html) if html.strip() else None,
    )


def _field(error: ApiError) -> str:
    """Guess which field a refusal is about; "" for all of it."""
    text = error.message.lower()
    if "configuration set" in text or "configurationset" in text:
        return "set"
    if "not verified" in text or "from address" in text:
        return "sender"
    return "to" if "address" in text or "recipient" in text else ""


PAGES = (show(PATH, Role.OPERATOR, form), act(PATH, Role.OPERATOR, send, form))
