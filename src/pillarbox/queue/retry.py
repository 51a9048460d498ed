"""When to try again: growing, jittered delays until the message runs out of time. Pure.

The first retry comes after about a minute; then each delay is twice the last one, up to an hour. A
host that greylists is visited again when that ends (`proto/smtp/greylisting.py`). A DeliveryDelay
event is told at the second failure and then at each doubling of the failures, so that a dead host
does not fill the event stream.
"""

from pillarbox.model.delay import NextAttempt
from pillarbox.model.outcome import OwnDelay, Reply
from pillarbox.proto.smtp.greylisting import visit_again_ms
from pillarbox.queue.delay_kind import delay_type

FIRST_DELAY_MS = 60_000
LONGEST_DELAY_MS = 3_600_000
#: A delay varies by this share in both directions, so that what failed together does not return
#: together.
JITTER = 0.2
#: After greylisting ends: so much later, and up to this share of its time.
AFTER_GREYLISTING_MS, LATE = 2000, 0.1


def delay_ms(attempts: int, jitter: float) -> int:
    """Give the delay after this many failed attempts; `jitter`: a random number from 0 to 1."""
    delay = min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** min(attempts - 1, 16))
    return int(delay * (1 - JITTER + 2 * JITTER * jitter))


def next_attempt(
    *,
    attempts: int,
    deadline: int,
    now: int,
    jitter: float,
    reply: Reply,
    own_delay: OwnDelay | None = None,
) -> NextAttempt | None:
    """Decide on the next attempt; None: the message has run out of time and bounces.

    The last attempt is made at the deadline itself, not given up before it. `own_delay`: it is we
    who make the message wait.
    """
    if now >= deadline:
        return None
    delay = delay_ms(attempts, jitter)
    greylisted_ms = visit_again_ms(reply)
    if own_delay is None and greylisted_ms is not None:
        # A little later than it said: clocks differ, and a visit too soon may begin it anew.
        delay = int(greylisted_ms * (1 + LATE * jitter)) + AFTER_GREYLISTING_MS
    if own_delay is not None:
        delay = min(delay, int(own_delay.at_most_ms * (1 - JITTER * jitter)))
    due_at = min(now + delay, deadline)
    told = (
        attempts >= 2 and attempts & (attempts - 1) == 0 and (own_delay is None or own_delay.counts)
    )
    kind = delay_type(reply) if own_delay is None else own_delay.kind
    return NextAttempt(due_at=due_at, delay_type=kind if told else None)


def expired_reply(accepted_at: int, deadline: int, last: Reply) -> Reply:
    """Word the bounce of a message that ran out of time (facts §10)."""
    minutes = (deadline - accepted_at) // 60_000
    text = f"4.4.7 Message expired: unable to deliver in {minutes} minutes.<{last}>"
    return Reply(554, text, "4.4.7")
