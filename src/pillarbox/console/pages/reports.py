"""Bounces and complaints that came by mail and proved nothing, for the operator to look at."""

from starlette.responses import Response

from pillarbox.console.listing import SIZE, path_of
from pillarbox.console.page import show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.seen.kept_reports import list_reports, show_report
from pillarbox.model.report import ReportKind
from pillarbox.model.user import Role

PATH = "/reports"
#: What is kept.
KINDS = (ReportKind.BOUNCE, ReportKind.COMPLAINT)
WHEN = Sort("received", "received_at", falling=True)


async def reports(visit: Visit) -> Response:
    """List them, the newest first, or the oldest."""
    after, kind = visit.query.get("after") or None, visit.query.get("kind", "")
    sorting = sorting_of(visit, WHEN)
    found = await visit.read(
        lambda conn: list_reports(
            conn,
            after=after,
            limit=SIZE + 1,
            oldest_first=not sorting.falling,
            kind=kind if kind in KINDS else None,
        )
    )
    shown, url = found[:SIZE], visit.request.url
    return visit.page(
        "reports.html",
        reports=shown,
        sorting=sorting,
        kinds=KINDS,
        kind=kind,
        first=path_of(url.remove_query_params("after")) if after else "",
        next=path_of(url.include_query_params(after=shown[-1].id)) if len(found) > SIZE else "",
    )


async def report(visit: Visit) -> Response:
    """Show one: its envelope, what it claims, its source as text."""
    found = await visit.read(lambda conn: show_report(conn, visit.label("report")))
    text = found.report.content.decode("utf-8", "replace")
    source = "".join(one if one.isprintable() or one in "\n\t" else " " for one in text)
    return visit.page("report.html", shown=found, source=source)


PAGES = (
    show(PATH, Role.OPERATOR, reports, everywhere=True),
    show(f"{PATH}/{{report}}", Role.OPERATOR, report, everywhere=True),
)
