"""The front page, and an account's home: how its mail is doing, and what needs attention."""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.charts import Chart, Series
from pillarbox.console.listing import cut_page, listing
from pillarbox.console.page import show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.spans import chosen_span, short_number, step_label
from pillarbox.console.visit import Visit
from pillarbox.manage.seen.activity import SPANS, Activity, Span, activity
from pillarbox.manage.seen.attention import (
    MOST_COUNTED,
    MOST_WAITING,
    TOLD,
    Attention,
    find_attention,
)
from pillarbox.manage.seen.first_steps import FirstSteps, first_steps
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role

#: Of the accounts to choose from.
SORTS = (Sort("name", "name"), Sort("id", NAME))
#: The charts: name, title, and the lines with the members of `Counts` that they show.
_CHARTS = (
    (
        "delivery",
        "Delivery",
        (
            ("Sent", "sent"),
            ("Delivered", "delivered"),
            ("Bounced", "bounced"),
            ("Complained", "complained"),
        ),
    ),
    (
        "engagement",
        "Opens and clicks",
        (
            ("Opens by people", "opened"),
            ("Clicks by people", "clicked"),
            ("Opens by machines", "opened_by_machines"),
            ("Clicks by machines", "clicked_by_machines"),
        ),
    ),
)


async def front(visit: Visit) -> Response:
    """Go to the only account, or let choose one."""
    if len(visit.accounts) == 1:
        return visit.redirect(f"/console/{visit.accounts[0].id}")
    wanted, sorting = visit.query.get("name", "").strip(), sorting_of(visit, *SORTS)
    shown = [
        one for one in visit.accounts if wanted.lower() in one.name.lower() or wanted in one.id
    ]
    page = cut_page(visit, "accounts to choose from", sorting, shown, lambda one: one.id)
    return visit.page("front.html", list=listing(visit, page), sorting=sorting, name=wanted)


async def home(visit: Visit) -> Response:
    """Show what is left to do at first, what needs attention, and how the account is doing."""
    services, account = visit.services, visit.here
    name, span = chosen_span(visit)

    def find(conn: Connection) -> tuple[FirstSteps, Attention, Activity]:
        verified = services.everything_verified
        steps = first_steps(
            conn,
            account.id,
            everything_verified=verified,
            capturing=services.settings.capturing,
        )
        attention = find_attention(conn, account, everything_verified=verified, now=visit.now)
        return steps, attention, activity(conn, account.id, span, now=visit.now)

    steps, attention, found = await visit.read(find)
    return visit.page(
        "home.html",
        steps=steps,
        attention=attention,
        most_counted=MOST_COUNTED,
        most_waiting=MOST_WAITING,
        most_told=TOLD,
        total=found.total,
        rows=[(step_label(start, span), start, counts) for start, counts in found.points],
        charts=_charts(found, span),
        spans=SPANS,
        span=name,
    )


def _charts(found: Activity, span: Span) -> list[Chart]:
    labels = [step_label(start, span) for start, _ in found.points]
    return [
        Chart(
            name=name,
            title=f"{title}, last {span.label}",
            description=_described(found, lines),
            labels=labels,
            series=[
                Series(label, style, [getattr(counts, member) for _, counts in found.points])
                for style, (label, member) in enumerate(lines, 1)
            ],
            written=short_number,
        )
        for name, title, lines in _CHARTS
    ]


def _described(found: Activity, lines: tuple[tuple[str, str], ...]) -> str:
    told = (f"{label} {getattr(found.total, member):,}" for label, member in lines)
    return f"In all: {', '.join(told)}. The table below has each value."


PAGES = (show("", Role.VIEWER, front), show("/{account}", Role.VIEWER, home))
