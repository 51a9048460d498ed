"""From SMTP submission to the receiving server, beside Postfix with OpenDKIM on the same work.

Both are handed messages in the clear on kept connections and deliver them, signed, to smtp-sink. We
check a login and an identity for each as well, and commit before we answer.
"""

from functools import partial

from bench import end_to_end, pillarbox_rate, postfix_rate
from bench.measure import Figure, median_of, table

WORK = ((10_240, 3_000), (51_200, 1_500))
IN_CLEAR = {"submission": {"allow_plain_auth_on_loopback": True}}


def run() -> str:
    """Measure, and tell as a table."""
    if not postfix_rate.available():
        return "\nSMTP submission: skipped (Postfix or OpenDKIM not installed, or not root)"
    peers = end_to_end.postfix(WORK)
    ours = _pillarbox()
    return "\n".join(
        table(
            f"SMTP submission to delivered, {size // 1024} KB (ratio: to the peer)",
            [ours[size], peers[size]],
            peers[size],
        )
        for size, _ in WORK
    )


def _pillarbox() -> dict[int, Figure]:
    with pillarbox_rate.running(settings=IN_CLEAR) as (node, sink):
        port = node.ports["SUBMISSION"]
        rate = partial(pillarbox_rate.rate_of, "bench.smtp_generator", port, "250", sink)
        return {
            size: median_of("Pillarbox (SQLite), SMTP", partial(rate, size, n)) for size, n in WORK
        }
