"""Segments: the saved rules of an application with their counts; written, tried, deleted.

One lies below `/segments/one`: application and name may be any.
"""

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import listing, paging_of, token_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.recipients import segments as manage
from pillarbox.manage.recipients.segment_pages import (
    PORTION,
    Counted,
    CountedSegments,
    count_some,
    list_counted,
)
from pillarbox.manage.recipients.segments import Members
from pillarbox.model.list_order import NAME
from pillarbox.model.segment import Segment
from pillarbox.model.user import Role

PATH = "/{account}/segments"
_BELOW = "/segments"
SORTS = (Sort("name", NAME), Sort("created", "created_at", falling=True))
_ONE = f"{PATH}/one/{{application}}/{{segment}}"
#: Each of them is counted, so the pages are short.
SIZE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the list shows. `application`: the one whose segments these are; "" for none."""

    applications: tuple[str, ...]
    application: str
    counted: CountedSegments | None


async def segments(visit: Visit) -> Response:
    """List those of one application, by name, each with how many recipients it has now."""
    wanted, sorting = visit.query.get("application", ""), sorting_of(visit, *SORTS)
    name = visit.query.get("name", "").strip()

    def find(conn: Connection) -> Overview:
        known = _applications(conn, visit.account_id)
        application = wanted if wanted in known else next(iter(known), "")
        if not application:
            return Overview(applications=(), application="", counted=None)
        paging = paging_of(visit, f"segments {application}", sorting)
        counted = list_counted(
            conn,
            paging,
            application,
            token=token_of(visit),
            size=SIZE,
            now=visit.now,
            contains=name,
        )
        return Overview(applications=known, application=application, counted=counted)

    found = await visit.read(find)
    lines = listing(visit, found.counted.segments) if found.counted else None
    return visit.page(
        "segments.html", found=found, list=lines, sorting=sorting, name=name, portion=PORTION
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return await _form(visit)


async def create(visit: Visit) -> Response:
    """Save one."""
    form = visit.form
    made = Segment(
        application=await _chosen(visit),
        name=form.text("name"),
        rule=form.text("rule"),
        created_at=visit.now,
    )
    _check_rule(made.rule)
    with blame("name"):
        await visit.change(
            "segment.create",
            made.name,
            lambda conn: manage.create_segment(conn, visit.account_id, made),
            application=made.application,
            rule=made.rule,
        )
    return visit.redirect(url_of(visit, made.application, made.name), f"{made.name} is saved.")


async def try_new(visit: Visit) -> Response:
    """Show how many recipients the form's rule has now; nothing is saved."""
    application, rule = await _chosen(visit), visit.form.text("rule")
    return await _form(visit, tried=await _try(visit, application, rule))


async def edit(visit: Visit) -> Response:
    """Show the form of one."""
    return await _form(visit, await find_segment(visit))


async def save(visit: Visit) -> Response:
    """Give one another rule."""
    found = await find_segment(visit)
    changed = Segment(
        application=found.application,
        name=found.name,
        rule=visit.form.text("rule"),
        created_at=found.created_at,
    )
    _check_rule(changed.rule)
    await visit.change(
        "segment.update",
        found.name,
        lambda conn: manage.change_segment(conn, visit.account_id, changed),
        application=found.application,
        rule=changed.rule,
    )
    return visit.redirect(url_of(visit, found.application, found.name), "Saved.")


async def try_changed(visit: Visit) -> Response:
    """Show how many recipients one would have with the form's rule; nothing is saved."""
    found = await find_segment(visit)
    tried = await _try(visit, found.application, visit.form.text("rule"))
    return await _form(visit, found, tried)


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    found = await find_segment(visit)
    return visit.confirm(
        title=f"Delete {found.name}?",
        text=f"The rule “{found.rule}” is forgotten. What is known of its recipients stays.",
        button="Delete",
        back=url_of(visit, found.application, found.name),
    )


async def delete(visit: Visit) -> Response:
    """Delete it."""
    application, name = visit.label("application"), visit.label("segment")
    await visit.change(
        "segment.delete",
        name,
        lambda conn: manage.delete_segment(conn, visit.account_id, application, name),
        application=application,
    )
    return visit.redirect(visit.url(_BELOW), f"{name} is deleted.")


async def find_segment(visit: Visit) -> Segment:
    """Give the segment of a page; raises NotFound."""
    application, name = visit.label("application"), visit.label("segment")
    return await visit.read(
        lambda conn: manage.find_segment(conn, visit.account_id, name, application)
    )


def url_of(visit: Visit, application: str, name: str) -> str:
    """Give the address of a segment's page."""
    return visit.url(f"{_BELOW}/one/{quote(application, safe='')}/{quote(name, safe='')}")


async def _form(
    visit: Visit, found: Segment | None = None, tried: Counted | None = None
) -> Response:
    known = await visit.read(lambda conn: _applications(conn, visit.account_id))
    return visit.page(
        "segment_edit.html",
        found=found,
        tried=tried,
        portion=PORTION,
        applications=known,
        application=visit.query.get("application", ""),
        back=url_of(visit, found.application, found.name) if found else visit.url(_BELOW),
    )


async def _chosen(visit: Visit) -> str:
    application = visit.form.text("application")
    if application not in await visit.read(lambda conn: _applications(conn, visit.account_id)):
        raise FormError({"application": "Choose one."})
    return application


async def _try(visit: Visit, application: str, rule: str) -> Counted:
    with blame("rule"):
        read = manage.read_rule(rule)
    members = Members(
        account_id=visit.account_id, application=application, rule=read, now=visit.now
    )
    return await visit.read(lambda conn: count_some(conn, members))


def _check_rule(rule: str) -> None:
    with blame("rule"):
        manage.read_rule(rule)


def _applications(conn: Connection, account_id: str) -> tuple[str, ...]:
    """Give the applications that have recipients or segments."""
    saved = (one.application for one in manage.list_segments(conn, account_id))
    return tuple(sorted({*manage.list_applications(conn, account_id), *saved}))


PAGES = (
    show(PATH, Role.VIEWER, segments),
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(PATH, Role.OPERATOR, create, new),
    act(f"{PATH}/try", Role.OPERATOR, try_new, new),
    show(f"{_ONE}/edit", Role.OPERATOR, edit),
    act(f"{_ONE}/edit", Role.OPERATOR, save, edit),
    act(f"{_ONE}/try", Role.OPERATOR, try_changed, edit),
    show(f"{_ONE}/delete", Role.OPERATOR, ask_delete),
    act(f"{_ONE}/delete", Role.OPERATOR, delete, ask_delete),
)
