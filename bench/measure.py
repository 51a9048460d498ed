"""A figure, the median of several runs, and a table of figures with their ratios."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

RUNS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate of something: `name`, per second, and each run's."""

    name: str
    rate: float
    runs: tuple[float, ...]


def median_of(name: str, run: Callable[[], float]) -> Figure:
    """Run it RUNS times; `run` returns a rate per second."""
    rates = tuple(run() for _ in range(RUNS))
    return Figure(name, statistics.median(rates), rates)


def in_turn(runs: dict[str, Callable[[], float]]) -> list[Figure]:
    """Run each of them RUNS times, one after the other: what else the machine does meets all."""
    rounds = [[run() for run in runs.values()] for _ in range(RUNS)]
    return [
        Figure(name, statistics.median(rates), rates)
        for name, rates in zip(runs, zip(*rounds, strict=True), strict=True)
    ]


def table(title: str, figures: list[Figure], against: Figure) -> str:
    """The figures with their ratio to one of them."""
    lines = ["", title, f"  {'':44}{'per second':>12}{'ratio':>8}   runs"]
    for figure in figures:
        runs = " ".join(f"{rate:,.0f}" for rate in figure.runs)
        ratio = figure.rate / against.rate
        lines.append(f"  {figure.name:44}{figure.rate:>12,.0f}{ratio:>8.2f}   {runs}")
    return "\n".join(lines)
