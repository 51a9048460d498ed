"""When an event that could not be published is tried again, and when it is given up. Pure.

Two delays: that of the event itself, and that of its shard, when nothing at all went through there.
The shard's is the shorter one at its longest, so that one event that a destination chokes on does
not keep later ones waiting for long.
"""

FIRST_MS = 5_000
LONGEST_EVENT_MS = 30 * 60_000
LONGEST_SHARD_MS = 60_000
#: After so long an event is a dead letter.
GIVE_UP_MS = 3 * 24 * 3600 * 1000
#: A delay varies by this share in both directions, so that what failed together does not return
#: together.
JITTER = 0.2


def event_delay_ms(attempts: int, jitter: float) -> int:
    """Give the delay after this many failed attempts; `jitter`: a random number from 0 to 1."""
    return _delay(attempts, LONGEST_EVENT_MS, jitter)


def shard_delay_ms(failures: int, jitter: float) -> int:
    """Give the delay of a shard after this many turns in which nothing went through."""
    return _delay(failures, LONGEST_SHARD_MS, jitter)


def is_over(since: int, now: int) -> bool:
    """Say whether an event that has waited since then is given up when it fails now."""
    return now - since >= GIVE_UP_MS


def _delay(count: int, longest: int, jitter: float) -> int:
    delay = min(longest, FIRST_MS * 2 ** min(count - 1, 16))
    return int(delay * (1 - JITTER + 2 * JITTER * jitter))
