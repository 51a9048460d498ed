"""How often an account may call an operation: a token bucket for each pair of them.

Takes who calls what; raises TooManyRequests when that is too often. Each worker has buckets of its
own and its share of the rate, so that a node's workers together keep to it without asking each
other; a client that keeps to one connection has the share of one worker.
"""

import time
from collections.abc import Callable

from pillarbox.base.errors import TooManyRequests
from pillarbox.base.token_bucket import Bucket, Rate

#: Buckets kept before those that are full again, and so are as good as new, are forgotten.
MAX_BUCKETS = 10_000
RATE_EXCEEDED = "Rate exceeded"


class CallRates:
    """The buckets of one worker. `per_second`: of one account and operation; 0: no limit."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        # A second's worth at once, and one call at least, however small the share.
        self._rate = Rate(per_second=per_second, burst=max(1.0, per_second))
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def take(self, account_id: str, operation: str) -> None:
        """Count a call. Raises TooManyRequests, and then does not count it."""
        if not self._rate.per_second:
            return
        key, now = (account_id, operation), self._clock()
        left = self._rate.take(self._buckets.get(key), now)
        if left is None:
            raise TooManyRequests(RATE_EXCEEDED)
        if len(self._buckets) >= MAX_BUCKETS:
            self._forget_full(now)
        self._buckets[key] = left

    def _forget_full(self, now: float) -> None:
        rate = self._rate
        self._buckets = {
            key: bucket
            for key, bucket in self._buckets.items()
            if rate.filled(bucket, now).tokens < rate.burst
        }
