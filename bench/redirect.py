"""Redirects with a checked token and a synced event, beside nginx's bare 302 on the same cores."""

from functools import partial

from bench import redirect_rate
from bench.measure import Figure, median_of, table


def run() -> str:
    """Measure, and tell as a table."""
    if not redirect_rate.available():
        return "  redirect: skipped (nginx or wrk is not installed; make system)"
    with redirect_rate.nginx() as port:
        peer = median_of("nginx, return 302", lambda: redirect_rate.load(port, ["/"]).rate)
    with redirect_rate.pillarbox() as (node, paths):
        port = node.ports["TRACK"]
        ours = median_of("Pillarbox", lambda: redirect_rate.load(port, paths).rate)
        behind = redirect_rate.metric(node, redirect_rate.ANSWERS)
        drained = redirect_rate.drain_rate(node, behind)
        half = median_of("p99", partial(_p99, port, paths, ours.rate / 2))
    figures = [ours, peer, Figure("journal drained (SQLite), nobody asking", drained, (drained,))]
    title = table("redirects and their events (ratio: to nginx)", figures, peer)
    latency = " ".join(f"{one:.1f}" for one in half.runs)
    return f"{title}\n  p99 at half that load: {half.rate:.1f} ms   runs {latency}"


def _p99(port: int, paths: list[str], rate: float) -> float:
    return redirect_rate.load(port, paths, rate).p99_ms
