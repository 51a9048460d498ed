"""From a signed API call to the receiving server, beside Postfix with OpenDKIM and beside RSA."""

from functools import partial

from bench import openssl_speed, pillarbox_rate, postfix_rate
from bench.measure import Figure, median_of, table

WORK = ((10_240, 5_000), (51_200, 3_000))
"""Bytes of a message's text, and how many messages a run."""


def run() -> str:
    """Measure, and tell as a table."""
    cores = pillarbox_rate.cores()
    signing = median_of(f"openssl speed rsa2048, {cores} cores", lambda: openssl_speed.rate(cores))
    peers = postfix(WORK) if postfix_rate.available() else {}
    ours = _pillarbox()
    parts = [_one(size, ours[size], peers.get(size), signing) for size, _ in WORK]
    if not peers:
        parts.append("\n  Postfix with OpenDKIM: skipped (not installed, or not root; make system)")
    return "\n".join(parts)


def _one(size: int, ours: Figure, peer: Figure | None, signing: Figure) -> str:
    figures = [ours, *([peer] if peer else []), signing]
    title = f"end to end, {size // 1024} KB, one recipient each (ratio: to the peer)"
    return table(title, figures, peer or signing)


def postfix(work: tuple[tuple[int, int], ...]) -> dict[int, Figure]:
    """The peer's figure for each size of message."""
    with postfix_rate.running() as (server, sink):
        return {
            size: median_of("Postfix + OpenDKIM", partial(postfix_rate.rate, server, sink, size, n))
            for size, n in work
        }


def _pillarbox() -> dict[int, Figure]:
    with pillarbox_rate.running() as (node, sink):
        return {
            size: median_of("Pillarbox (SQLite)", partial(pillarbox_rate.rate, node, sink, size, n))
            for size, n in WORK
        }
