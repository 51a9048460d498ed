"""The spans of time that a page can show: chosen in its address, written below its charts."""

from datetime import UTC, datetime

from pillarbox.console.visit import Visit
from pillarbox.manage.seen.activity import SPANS, Span
from pillarbox.model.reputation import HOUR_MS


def chosen_span(visit: Visit) -> tuple[str, Span]:
    """Give the span that the address names, the first for any other."""
    name = visit.query.get("span", "")
    name = name if name in SPANS else next(iter(SPANS))
    return name, SPANS[name]


def step_label(start: int, span: Span) -> str:
    """Write a step of a span below a chart: `14:00`, or `21 Nov`; times are UTC."""
    at = datetime.fromtimestamp(start / 1000, UTC)
    return f"{at:%H:%M}" if span.step_ms == HOUR_MS else f"{at.day} {at:%b}"


def short_number(value: float) -> str:
    """Write a number at an axis: `950`, `1.5k`, `20M`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"
