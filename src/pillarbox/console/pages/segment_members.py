"""The recipients of a segment, or all of an application: listed, counted, exported; one of them."""

from collections.abc import AsyncIterator, Callable, Sequence
from urllib.parse import quote, urlencode

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from pillarbox.base.errors import NotFound
from pillarbox.console.asked import asked_text
from pillarbox.console.listing import SIZE, listing, paging_of, path_of, token_of
from pillarbox.console.mail_answers import to_save
from pillarbox.console.page import act, show
from pillarbox.console.pages.segments import PATH, find_segment, url_of
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.paging import Page
from pillarbox.manage.recipients import segments as manage
from pillarbox.manage.recipients.segment_export import csv_of, head_of_csv, json_lines_of
from pillarbox.manage.recipients.segment_pages import PORTION, Counted, count_some, page_of_members
from pillarbox.manage.recipients.segments import Members
from pillarbox.model.engagement import KINDS, Engagement
from pillarbox.model.list_order import NAME
from pillarbox.model.segment import Segment
from pillarbox.model.user import Role

_ONE = f"{PATH}/one/{{application}}/{{segment}}"
_EVERYBODY = f"{PATH}/everybody/{{application}}"
_RECIPIENT = f"{PATH}/recipient"
WHO = Sort("address", NAME)
#: Recipients that an export reads at once.
EXPORTED = 5000
#: By the end of an export's address: its type, its first line, what writes recipients.
FORMS: dict[str, tuple[str, Callable[[], str], Callable[[Sequence[Engagement]], str]]] = {
    "csv": ("text/csv", head_of_csv, csv_of),
    "jsonl": ("application/jsonl", str, json_lines_of),
}


async def segment(visit: Visit) -> Response:
    """Show a segment with its recipients, by address."""
    found = await find_segment(visit)
    base = url_of(visit, found.application, found.name)
    return await _members_page(visit, _members(visit, found), segment=found, base=base)


async def everybody(visit: Visit) -> Response:
    """Show all recipients of an application, by address."""
    application = visit.label("application")
    base = visit.url(f"/segments/everybody/{quote(application, safe='')}")
    return await _members_page(visit, _all(visit), segment=None, base=base)


async def export(visit: Visit) -> Response:
    """Give a segment's recipients as a file."""
    found = await find_segment(visit)
    return _export(visit, _members(visit, found), found.name)


async def export_everybody(visit: Visit) -> Response:
    """Give all recipients of an application as a file."""
    return _export(visit, _all(visit), "recipients")


async def recipient(visit: Visit) -> Response:
    """Show what is known of one recipient, named by `?address=`."""
    address = asked_text(visit, "address")
    found = await visit.read(lambda conn: manage.find_recipient(conn, visit.account_id, address))
    return visit.page("recipient.html", address=address, found=found, kinds=KINDS)


async def ask_forget(visit: Visit) -> Response:
    """Ask whether what is known of a recipient is to go."""
    address = asked_text(visit, "address")
    return visit.confirm(
        title=f"Forget {address}?",
        text="What is known of this recipient is removed, in all applications. Later events are "
        "counted again. Its messages and the suppression list stay as they are.",
        button="Forget",
        back=_url_of_recipient(visit, address),
    )


async def forget(visit: Visit) -> Response:
    """Remove what is known of a recipient."""
    address = asked_text(visit, "address")
    await visit.change(
        "segment.forget",
        address,
        lambda conn: manage.forget_recipient(conn, visit.account_id, address),
    )
    return visit.redirect(visit.url("/segments"), f"{address} is forgotten.")


async def _members_page(
    visit: Visit, members: Members, *, segment: Segment | None, base: str
) -> Response:
    name = f"{segment.name if segment else ''} {members.application}"
    whole, sorting = visit.query.get("count") == "all", sorting_of(visit, WHO)

    def find(conn: Connection) -> tuple[Page[Engagement], Counted]:
        paging = paging_of(visit, f"members {name}", sorting)
        page = page_of_members(conn, paging, members, token=token_of(visit), size=SIZE)
        if whole:
            return page, Counted(number=manage.count_members(conn, members), whole=True)
        return page, count_some(conn, members)

    page, counted = await visit.read(find)
    return visit.page(
        "segment.html",
        segment=segment,
        application=members.application,
        list=listing(visit, page),
        count_all=path_of(visit.request.url.include_query_params(count="all")),
        sorting=sorting,
        counted=counted,
        portion=PORTION,
        kinds=KINDS,
        base=base,
    )


def _export(visit: Visit, members: Members, name: str) -> Response:
    """Give recipients page by page, each read by itself, so that nothing waits for the reader."""
    form = visit.label("form")
    if form not in FORMS:
        raise NotFound("Exports are csv and jsonl.")
    kind, head, write = FORMS[form]

    async def lines() -> AsyncIterator[str]:
        yield head()
        after = ""
        while page := await visit.read(_portion(members, after)):
            yield write(page)
            after = page[-1].folded

    return StreamingResponse(lines(), media_type=kind, headers=to_save(f"{name}.{form}"))


def _portion(members: Members, after: str) -> Callable[[Connection], Sequence[Engagement]]:
    def read(conn: Connection) -> Sequence[Engagement]:
        return manage.list_members(conn, members, after=after, limit=EXPORTED)

    return read


def _members(visit: Visit, found: Segment) -> Members:
    return Members(
        account_id=visit.account_id,
        application=found.application,
        rule=manage.read_rule(found.rule),
        now=visit.now,
    )


def _all(visit: Visit) -> Members:
    return Members(
        account_id=visit.account_id,
        application=visit.label("application"),
        rule=None,
        now=visit.now,
    )


def _url_of_recipient(visit: Visit, address: str) -> str:
    return visit.url(f"/segments/recipient?{urlencode({'address': address})}")


PAGES = (
    show(_ONE, Role.VIEWER, segment),
    show(f"{_ONE}/export.{{form}}", Role.VIEWER, export),
    show(_EVERYBODY, Role.VIEWER, everybody),
    show(f"{_EVERYBODY}/export.{{form}}", Role.VIEWER, export_everybody),
    show(_RECIPIENT, Role.VIEWER, recipient),
    show(f"{_RECIPIENT}/forget", Role.OPERATOR, ask_forget),
    act(f"{_RECIPIENT}/forget", Role.OPERATOR, forget, ask_forget),
)
