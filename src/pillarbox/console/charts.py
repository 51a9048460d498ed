"""Line charts as inline SVG. Pure: takes series of numbers, gives markup without style or script.

Colours and widths are the stylesheet's (`.chart`, `.s1` to `.s6`). What a chart shows stands in the
table beside it as well; its title and description are for who can't see it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 560, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 28
_LINES = 4
_MOST_LABELS = 7
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Series:
    """One line. `style`: 1 to 6, its colour. A value of None is a gap in the line."""

    label: str
    style: int
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart. `name`: an id of its own on the page. `labels`: one below each value. `written`: how
    a value at the axis is written. `whole`: values are whole numbers.
    """

    name: str
    title: str
    description: str
    labels: Sequence[str]
    series: Sequence[Series]
    written: Callable[[float], str]
    whole: bool = True


def draw(chart: Chart) -> Markup:
    """Draw a chart."""
    title, description = f"{chart.name}-title", f"{chart.name}-about"
    step = _axis_step(_largest(chart), whole=chart.whole)
    head = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}"'
        ' aria-describedby="{}"><title id="{}">{}</title><desc id="{}">{}</desc>'
    ).format(WIDTH, HEIGHT, title, description, title, chart.title, description, chart.description)
    parts = [head, *_grid(chart, step), *_names(chart)]
    for one in chart.series:
        parts += _lines(one, step * _LINES)
    return Markup("").join([*parts, Markup("</svg>")])


def key(chart: Chart) -> Markup:
    """Write what the lines mean, as a list."""
    entry = Markup(
        '<li><svg viewBox="0 0 28 12" aria-hidden="true"><path class="line s{}" d="M0 6H28"/></svg>'
        "{}</li>"
    )
    entries = Markup("").join(entry.format(one.style, one.label) for one in chart.series)
    return Markup('<ul class="key">{}</ul>').format(entries)


def _largest(chart: Chart) -> float:
    return max((value for one in chart.series for value in one.values if value), default=0.0)


def _axis_step(largest: float, *, whole: bool) -> float:
    """Give the distance of the grid's lines: a round number, so that all values fit below them."""
    if largest <= 0:
        return 1.0 if whole else 0.01
    wanted = largest / _LINES
    size = 10.0 ** math.floor(math.log10(wanted))
    step = next(size * one for one in _STEPS if size * one >= wanted * (1 - 1e-9))
    return max(1.0, math.ceil(step)) if whole else step


def _grid(chart: Chart, step: float) -> Iterator[Markup]:
    line = Markup('<path class="grid" d="M{} {:.1f}H{}"/>')
    text = Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>')
    for number in range(_LINES + 1):
        y = _y(number * step, step * _LINES)
        yield line.format(_LEFT, y, WIDTH - _RIGHT)
        yield text.format(_LEFT - 8, y + 4, chart.written(number * step))


def _names(chart: Chart) -> Iterator[Markup]:
    """Name some of the values below the axis, the last always."""
    count = len(chart.labels)
    every = max(1, math.ceil(count / _MOST_LABELS))
    text = Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>')
    for index in range(count - 1, -1, -every):
        yield text.format(_x(index, count), HEIGHT - 8, chart.labels[index])


def _lines(one: Series, top: float) -> Iterator[Markup]:
    """Draw the pieces of a line between its gaps; a value alone is a dot."""
    line = Markup('<polyline class="line s{}" points="{}"/>')
    dot = Markup('<circle class="dot s{}" cx="{:.1f}" cy="{:.1f}" r="2.5"/>')
    for piece in _pieces(one.values):
        points = [(_x(index, len(one.values)), _y(value, top)) for index, value in piece]
        if len(points) == 1:
            yield dot.format(one.style, *points[0])
        else:
            yield line.format(one.style, " ".join(f"{x:.1f},{y:.1f}" for x, y in points))


def _pieces(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    piece: list[tuple[int, float]] = []
    for index, value in enumerate(values):
        if value is not None:
            piece.append((index, value))
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _x(index: int, count: int) -> float:
    inside = WIDTH - _LEFT - _RIGHT - 24
    return _LEFT + 12 + (inside * index / (count - 1) if count > 1 else inside / 2)


def _y(value: float, top: float) -> float:
    inside = HEIGHT - _TOP - _BOTTOM
    return _TOP + inside * (1 - min(value, top) / top)
