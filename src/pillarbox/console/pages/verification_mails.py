"""Custom verification mails: the list, another one, one with its preview, deleting one.

They lie beside the templates, each below `/templates/verification/one`: it may have any name.
"""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import ApiError
from pillarbox.console.form import FormError
from pillarbox.console.listing import SIZE, listing, paging_of, token_of
from pillarbox.console.page import act, show
from pillarbox.console.protection import PREVIEW_CSP, PREVIEW_HEAD
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.identities import verification_templates as manage
from pillarbox.manage.identities.verification_templates import MAX_TEMPLATES, TemplateText
from pillarbox.manage.paging import Page
from pillarbox.model.user import Role
from pillarbox.store.identity.verification_templates import TemplateRow

PATH = "/{account}/templates/verification"
_BELOW = "/templates/verification"
_ONE = f"{PATH}/one/{{template}}"
#: What the link of a preview leads to: nowhere.
EXAMPLE_LINK = "https://tracking.example/verify/EXAMPLE"
#: By what a refusal begins with: the field that it is about.
_FIELDS = {
    "templatename": "name",
    "custom verification email template": "name",
    "fromemailaddress": "sender",
    "the from email address": "sender",
    "templatesubject": "subject",
    "templatecontent": "content",
    "the content": "content",
    "successredirectionurl": "success",
    "the success": "success",
    "failureredirectionurl": "failure",
    "the failure": "failure",
}

SORTS = (
    Sort("name", "name"),
    Sort("from", "from_address"),
    Sort("created", "created_at", falling=True),
)


async def mails(visit: Visit) -> Response:
    """List them, by name or age: they are never more than a page holds."""
    sorting = sorting_of(visit, *SORTS)

    def find(conn: Connection) -> Page[TemplateRow]:
        paging = paging_of(visit, "verification mails")
        return manage.list_templates(conn, paging, token=token_of(visit), size=SIZE)

    page = await visit.read(find)
    page = Page(tuple(sorting.arrange(page.items)), page.next_token)
    return visit.page(
        "verification_mails.html", list=listing(visit, page), sorting=sorting, most=MAX_TEMPLATES
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("verification_mail.html", found=None, framed="")


async def create(visit: Visit) -> Response:
    """Create one."""
    made = _typed(visit, visit.form.text("name"))
    try:
        await visit.change(
            "verification-mail.create",
            made.name,
            lambda conn: manage.create_template(
                conn,
                visit.account_id,
                made,
                now=visit.now,
                everything_verified=visit.services.everything_verified,
            ),
        )
    except ApiError as error:
        raise _blamed(error) from error
    return visit.redirect(_url(visit, made.name), f"{made.name} is created.")


async def mail(visit: Visit) -> Response:
    """Show one, to be changed by who may."""
    return visit.page("verification_mail.html", found=await _find(visit), framed="")


async def save(visit: Visit) -> Response:
    """Change one."""
    changed = _typed(visit, visit.label("template"))
    try:
        await visit.change(
            "verification-mail.update",
            changed.name,
            lambda conn: manage.update_template(
                conn,
                visit.account_id,
                changed,
                everything_verified=visit.services.everything_verified,
            ),
        )
    except ApiError as error:
        raise _blamed(error) from error
    return visit.redirect(_url(visit, changed.name), "Saved.")


async def preview_new(visit: Visit) -> Response:
    """Show how the form's content looks; nothing is saved."""
    return _preview(visit, None, visit.form.raw("content"))


async def preview(visit: Visit) -> Response:
    """Show how it looks as the form has it, or as it is for who may not change it."""
    found = await _find(visit)
    content = visit.form.raw("content") if visit.may("operator") else found.content
    return _preview(visit, found, content)


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    found = await _find(visit)
    return visit.confirm(
        title=f"Delete {found.name}?",
        text="Calls that name it fail from this moment on. Links in mail that was sent still "
        "verify, and lead to a page of this service's own.",
        button="Delete",
        back=_url(visit, found.name),
    )


async def delete(visit: Visit) -> Response:
    """Delete it."""
    name = visit.label("template")

    def remove(conn: Connection) -> None:
        if not manage.delete_template(conn, visit.account_id, name):
            manage.get_template(conn, visit.account_id, name)  # says that it is not there

    await visit.change("verification-mail.delete", name, remove)
    return visit.redirect(visit.url(_BELOW), f"{name} is deleted.")


def _typed(visit: Visit, name: str) -> TemplateText:
    form = visit.form
    return TemplateText(
        name=name,
        from_address=form.text("sender"),
        subject=form.text("subject"),
        content=form.raw("content"),
        success_url=form.text("success"),
        failure_url=form.text("failure"),
    )


def _blamed(error: ApiError) -> Exception:
    """Give a refusal as the fault of the field that it is about."""
    if error.status >= 500:
        return error
    text = error.message.lower()
    name = next((field for start, field in _FIELDS.items() if text.startswith(start)), "")
    if not name and "address" in text:
        name = "sender"
    return FormError({name: error.message})


def _preview(visit: Visit, found: TemplateRow | None, content: str) -> Response:
    if not content.strip():
        raise FormError({"content": "TemplateContent is required."})
    framed = PREVIEW_HEAD + manage.with_link(content, EXAMPLE_LINK)
    response = visit.page("verification_mail.html", found=found, framed=framed)
    response.headers["Content-Security-Policy"] = PREVIEW_CSP
    return response


async def _find(visit: Visit) -> TemplateRow:
    name = visit.label("template")
    return await visit.read(lambda conn: manage.get_template(conn, visit.account_id, name))


def _url(visit: Visit, name: str) -> str:
    return visit.url(f"{_BELOW}/one/{name}")


PAGES = (
    show(PATH, Role.VIEWER, mails),
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(PATH, Role.OPERATOR, create, new),
    act(f"{PATH}/preview", Role.OPERATOR, preview_new, new),
    show(_ONE, Role.VIEWER, mail),
    act(_ONE, Role.OPERATOR, save, mail),
    act(f"{_ONE}/preview", Role.VIEWER, preview, mail),
    show(f"{_ONE}/delete", Role.OPERATOR, ask_delete),
    act(f"{_ONE}/delete", Role.OPERATOR, delete, ask_delete),
)
