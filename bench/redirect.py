"""Redirects with a checked token and a synced event, beside nginx's bare 302 on the same cores.

Runs of the two take turns, so that whatever else the machine does meets both.
"""

import statistics

from bench import redirect_rate
from bench.measure import RUNS, Figure, table


def run() -> str:
    """Measure, and tell as a table."""
    if not redirect_rate.available():
        return "  redirect: skipped (nginx or wrk is not installed; make system)"
    with redirect_rate.nginx() as bare, redirect_rate.pillarbox() as (node, paths):
        port = node.ports["TRACK"]
        rates = [
            (redirect_rate.load(bare, ["/"]).rate, redirect_rate.load(port, paths).rate)
            for _ in range(RUNS)
        ]
        peer, ours = (
            Figure(name, statistics.median(found), found)
            for name, found in zip(
                ("nginx, return 302", "Pillarbox"), zip(*rates, strict=True), strict=True
            )
        )
        behind = redirect_rate.metric(node, redirect_rate.ANSWERS)
        drained = redirect_rate.drain_rate(node, behind)
        half = ours.rate / 2
        waits = [
            (
                redirect_rate.load(bare, ["/"], half).p99_ms,
                redirect_rate.load(port, paths, half).p99_ms,
            )
            for _ in range(RUNS)
        ]
    figures = [ours, peer, Figure("journal drained (SQLite), nobody asking", drained, (drained,))]
    title = table("redirects and their events (ratio: to nginx)", figures, peer)
    nginx_waits, our_waits = zip(*waits, strict=True)
    return "\n".join([title, _wait("nginx", nginx_waits), _wait("Pillarbox", our_waits)])


def _wait(name: str, found: tuple[float, ...]) -> str:
    runs = " ".join(f"{one:.1f}" for one in found)
    middle = statistics.median(found)
    return f"  p99 at half of Pillarbox's rate, {name}: {middle:.1f} ms   runs {runs}"
