"""Bounces and complaints that came by mail and proved nothing, for the operator to look at."""

from starlette.responses import Response

from pillarbox.console.listing import SIZE
from pillarbox.console.page import show
from pillarbox.console.visit import ROOT, Visit
from pillarbox.manage.seen.kept_reports import list_reports, show_report
from pillarbox.model.user import Role

PATH = "/reports"


async def reports(visit: Visit) -> Response:
    """List them, the newest first."""
    after = visit.query.get("after") or None
    found = await visit.read(lambda conn: list_reports(conn, after=after, limit=SIZE + 1))
    shown = found[:SIZE]
    return visit.page(
        "reports.html",
        reports=shown,
        first=f"{ROOT}{PATH}" if after else "",
        next=f"{ROOT}{PATH}?after={shown[-1].id}" if len(found) > SIZE else "",
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
