"""A token bucket: so much a second on average, so much at once. Pure: the time is an argument.

Tokens flow in evenly up to `burst`; what is done takes some out, or is not done.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many tokens there were at a moment, in seconds of any clock that only goes forward."""

    tokens: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How fast a bucket fills, and how much it holds."""

    per_second: float
    burst: float

    def filled(self, bucket: Bucket | None, now: float) -> Bucket:
        """Give a bucket as it is now; a new one is full. A clock that went back adds nothing."""
        if bucket is None:
            return Bucket(self.burst, now)
        flowed = max(0.0, now - bucket.at) * self.per_second
        return Bucket(min(self.burst, bucket.tokens + flowed), now)

    def take(self, bucket: Bucket | None, now: float, tokens: float = 1.0) -> Bucket | None:
        """Take tokens out and give what is left; None when there are too few."""
        filled = self.filled(bucket, now)
        if filled.tokens < tokens:
            return None
        return Bucket(filled.tokens - tokens, now)
