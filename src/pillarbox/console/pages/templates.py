"""Templates: the list, another one, one with its preview, deleting one.

One lies below `/templates/one`: it may have any name, also that of a page.
"""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.asked import asked_text
from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import SIZE, listing, paging_of, token_of
from pillarbox.console.mail_preview import preview_page, render_preview
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage import templates as manage
from pillarbox.manage.names import check_template_name
from pillarbox.manage.paging import Page
from pillarbox.manage.templates import EmailTemplate
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role
from pillarbox.store.mail.templates import TemplateRow

PATH = "/{account}/templates"
_BELOW = "/templates"
_ONE = f"{PATH}/one/{{template}}"
SORTS = (
    Sort("name", NAME),
    Sort("changed", "updated_at", falling=True),
    Sort("created", "created_at", falling=True),
)
#: What a template that isn't saved yet is called in a preview.
UNNAMED = "new"


async def templates(visit: Visit) -> Response:
    """List them, by name or age."""
    wanted, sorting = asked_text(visit, "name"), sorting_of(visit, *SORTS)

    def find(conn: Connection) -> Page[TemplateRow]:
        paging = paging_of(visit, "templates", sorting)
        return manage.list_templates(
            conn, paging, token=token_of(visit), size=SIZE, contains=wanted or None
        )

    page = await visit.read(find)
    return visit.page(
        "templates.html",
        list=listing(visit, page),
        sorting=sorting,
        name=wanted,
        most=visit.services.quotas.templates,
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("template.html", found=None, preview=None)


async def create(visit: Visit) -> Response:
    """Create one."""
    made = _typed(visit, visit.form.text("name"))
    most = visit.services.quotas.templates
    _check(made, new=True)
    with blame("name"):
        await visit.change(
            "template.create",
            made.name,
            lambda conn: manage.create_template(
                conn, visit.account_id, made, now=visit.now, most=most
            ),
        )
    return visit.redirect(_url(visit, made.name), f"{made.name} is created.")


async def preview_new(visit: Visit) -> Response:
    """Show what the form's template comes to; nothing is saved."""
    typed = _typed(visit, visit.form.text("name") or UNNAMED)
    _check(typed)
    view = await render_preview(visit, typed, visit.form.text("data"))
    return preview_page(visit, view, found=None)


async def template(visit: Visit) -> Response:
    """Show one, to be changed by who may."""
    found = await _find(visit)
    return visit.page("template.html", found=found, preview=None)


async def save(visit: Visit) -> Response:
    """Change one."""
    changed = _typed(visit, visit.label("template"))
    _check(changed)
    await visit.change(
        "template.update",
        changed.name,
        lambda conn: manage.update_template(conn, visit.account_id, changed, now=visit.now),
    )
    done = "Saved. Mail that was accepted before is made from it as it was."
    return visit.redirect(_url(visit, changed.name), done)


async def preview(visit: Visit) -> Response:
    """Show what it comes to as the form has it, or as it is for who may not change it."""
    found = await _find(visit)
    shown = found
    if visit.may("operator"):
        shown = _typed(visit, found.name)
        _check(shown)
    view = await render_preview(visit, shown, visit.form.text("data"))
    return preview_page(visit, view, found=found)


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    found = await _find(visit)
    return visit.confirm(
        title=f"Delete {found.name}?",
        text="Calls that name it fail from this moment on. Mail that was accepted before is made "
        "from it as it was.",
        button="Delete",
        back=_url(visit, found.name),
    )


async def delete(visit: Visit) -> Response:
    """Delete it."""
    name = visit.label("template")
    await visit.change(
        "template.delete",
        name,
        lambda conn: manage.delete_template(conn, visit.account_id, name, now=visit.now),
    )
    return visit.redirect(visit.url(_BELOW), f"{name} is deleted.")


def _typed(visit: Visit, name: str) -> EmailTemplate:
    """Give the form's template; a part that is left empty isn't there."""
    form = visit.form
    return EmailTemplate(
        name=name,
        subject=form.optional("subject"),
        text=form.raw("text") if form.text("text") else None,
        html=form.raw("html") if form.text("html") else None,
    )


def _check(given: EmailTemplate, *, new: bool = False) -> None:
    """Say beside each part what is wrong with it; raises FormError."""
    problems = manage.find_faults(given)
    if given.text is None and given.html is None:
        problems["html"] = "The template must have a text or an HTML part."
    if new:
        try:
            with blame("name"):
                check_template_name(given.name)
        except FormError as error:
            problems |= error.problems
    if problems:
        raise FormError(problems)
    with blame(""):
        manage.check_template(given)


async def _find(visit: Visit) -> EmailTemplate:
    name = visit.label("template")
    return await visit.read(lambda conn: manage.get_template(conn, visit.account_id, name))


def _url(visit: Visit, name: str) -> str:
    return visit.url(f"{_BELOW}/one/{name}")


PAGES = (
    show(PATH, Role.VIEWER, templates),
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(PATH, Role.OPERATOR, create, new),
    act(f"{PATH}/preview", Role.OPERATOR, preview_new, new),
    show(_ONE, Role.VIEWER, template),
    act(_ONE, Role.OPERATOR, save, template),
    act(f"{_ONE}/preview", Role.VIEWER, preview, template),
    show(f"{_ONE}/delete", Role.OPERATOR, ask_delete),
    act(f"{_ONE}/delete", Role.OPERATOR, delete, ask_delete),
)
