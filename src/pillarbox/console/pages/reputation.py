"""Reputation: rates of bounces and complaints over time, against what, and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.charts import Chart, Series
from pillarbox.console.form import blame
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.spans import chosen_span, step_label
from pillarbox.console.visit import Visit
from pillarbox.manage.account import put_sending
from pillarbox.manage.reputation.rates import (
    AccountReputation,
    RatePoint,
    Standing,
    account_reputation,
    rates_over_time,
    thresholds_of,
)
from pillarbox.manage.seen.activity import SPANS, Span
from pillarbox.model.enforcement import HEALTHY, Judgement, Thresholds, judge
from pillarbox.model.reputation import Scope, Volume
from pillarbox.model.user import Role

PATH = "/{account}/reputation"
SORTS = (
    Sort("recipients", "standing.seen.volume.sent", falling=True),
    Sort("name", "standing.name"),
    Sort("bounces", "standing.seen.volume.bounce_rate", falling=True),
    Sort("complaints", "standing.seen.volume.complaint_rate", falling=True),
)
_GROUPS = {
    Scope.SET: "Configuration sets",
    Scope.DOMAIN: "Sending domains",
    Scope.IP: "Sending addresses",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One name's standing, and what an account with its rates would be told."""

    standing: Standing
    judgement: Judgement


async def reputation(visit: Visit) -> Response:
    """Show the account's rates or those of the part that the address names, and all parts."""
    limits = thresholds_of(visit.services.settings)
    span_name, span = chosen_span(visit)
    scope, name = _chosen(visit)
    sorting = sorting_of(visit, *SORTS)

    def find(conn: Connection) -> tuple[AccountReputation, list[RatePoint]]:
        found = account_reputation(conn, visit.account_id, limits, now=visit.now)
        since = span.since(visit.now)
        points = rates_over_time(
            conn, visit.account_id, scope, name, since=since, step_ms=span.step_ms
        )
        return found, points

    found, points = await visit.read(find)
    volumes = {one.start: one.volume for one in points}
    rows = [(start, volumes.get(start, Volume())) for start in span.starts(visit.now)]
    return visit.page(
        "reputation.html",
        found=found,
        limits=limits,
        enforced=visit.services.settings.reputation.enforce,
        groups=[
            (scope, title, sorting.arrange(_rows(found, scope, limits)))
            for scope, title in _GROUPS.items()
        ],
        sorting=sorting,
        charts=_charts(rows, span, limits, name or "the account"),
        rows=[(step_label(start, span), start, volume) for start, volume in rows],
        spans=SPANS,
        span=span_name,
        scope=scope,
        name=name,
    )


async def set_sending(visit: Visit) -> Response:
    """Turn the owner's switch."""
    enabled = visit.form.checked("sending")
    with blame("sending"):
        await visit.change(
            "account.sending",
            visit.account_id,
            lambda conn: put_sending(conn, visit.account_id, enabled=enabled),
            enabled=enabled,
        )
    done = "Sending is switched on." if enabled else "Sending is switched off."
    return visit.redirect(visit.url("/reputation"), done)


def _chosen(visit: Visit) -> tuple[Scope, str]:
    """Give the part that the address names; the account for anything else."""
    name, scope = visit.query.get("name", ""), visit.query.get("scope", "")
    return (Scope(scope), name) if name and scope in set(_GROUPS) else (Scope.ACCOUNT, "")


def _rows(found: AccountReputation, scope: Scope, limits: Thresholds) -> list[Row]:
    return [Row(one, judge(HEALTHY, one.seen, limits)) for one in found.of(scope)]


def _charts(
    rows: Sequence[tuple[int, Volume]], span: Span, limits: Thresholds, whose: str
) -> list[Chart]:
    labels = [step_label(start, span) for start, _ in rows]
    bounces = [one.bounce_rate if one.sent else None for _, one in rows]
    complaints = [one.complaint_rate if one.sent else None for _, one in rows]
    rates = (
        ("bounces", "Bounce rate", bounces, limits.review_bounce, limits.pause_bounce),
        (
            "complaints",
            "Complaint rate",
            complaints,
            limits.review_complaint,
            limits.pause_complaint,
        ),
    )
    return [
        Chart(
            name=name,
            title=f"{title} of {whose}, last {span.label}",
            description="By the time when the mail was accepted. The table below has each value.",
            labels=labels,
            series=[
                Series(title, 1, values),
                Series(f"Review from {_share(review)}", 4, [review] * len(values)),
                Series(f"Paused from {_share(pause)}", 3, [pause] * len(values)),
            ],
            written=_share,
            whole=False,
        )
        for name, title, values, review, pause in rates
    ]


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"


PAGES = (
    show(PATH, Role.VIEWER, reputation),
    act(f"{PATH}/sending", Role.OPERATOR, set_sending, reputation),
)
