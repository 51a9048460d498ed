"""Limits shared by many workers, as one of them sees them: may I take N of NAME now, else when?

Two kinds of limit, both by name: a rate (`take`: tokens a second) and a count (`room`: how many of
something may be open at once). A worker holds a portion of each under a lease. It asks here, at
once and without waiting; `store/portion_keeper.py` renews the leases with what `wishes` says and
tells `grant` what came of it. Names that nobody asked for in a while are forgotten.

What holds, over all workers together, for a rate of R a second with a burst of B seconds: in any
span of T seconds at most R * (T + B) tokens are taken, plus for each worker that begins to use the
name in the span one burst of its portion (at least one token), plus the one amount larger than a
burst that a full bucket lets through on credit. A count is never exceeded: a portion does not sink
below what is in use. Both while clocks differ by less than `GRACE_MS` and leases reach the store; a
worker that can't renew stops when its lease ends.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pillarbox.base.allotment import whole_grains
from pillarbox.base.token_bucket import Bucket, Rate

#: A lease lasts so long; it is renewed when half of that is over.
LEASE_MS = 5000
#: How often a worker looks whether its portions should change.
INTERVAL_MS = 500
#: By how much the clocks of nodes may differ: so long is another's lease respected after its end.
GRACE_MS = 1000
#: A name that nobody asked for in so long is given back.
IDLE_MS = 10_000
#: Who was refused something wants at least so much of the limit, and so many times its portion.
REFUSED, GROWTH = 0.25, 4
#: When to ask again while the portion itself is on its way.
SOON_S = 0.05


@dataclass(frozen=True, slots=True)
class Wish:
    """What a worker wants of a limit now, as fractions of it.

    `least`: what it can't give back yet; `grains`: the limit, where it is a count; `held`: its
    portion.
    """

    name: str
    wanted: float
    least: float = 0.0
    grains: int = 0
    held: float = 0.0


@dataclass(frozen=True, slots=True)
class Grant:
    """A worker's portion of a limit until a moment (milliseconds since the epoch)."""

    name: str
    portion: float
    until: int


@dataclass(slots=True)
class _Limit:
    """One limit here. `asked`: since `since`; `wanted`: a fraction, remembered and fading.

    `missed`: what is wanted because somebody was refused since then; who waits can't ask for more.
    """

    size: float
    since: int
    used_at: int
    burst_s: float = 1.0
    counted: bool = False
    portion: float = 0.0
    until: int = 0
    asked: float = 0.0
    wanted: float = 0.0
    in_use: int = 0
    missed: float = 0.0
    bucket: Bucket | None = None


class Portions:
    """The portions of one worker. `hungry` is called when one should be renewed at once."""

    def __init__(self, hungry: Callable[[], None] = lambda: None) -> None:
        self.hungry = hungry
        self._limits: dict[str, _Limit] = {}
        self._given_back: list[str] = []

    def take(
        self, name: str, per_second: float, now: int, amount: float = 1.0, burst_s: float = 1.0
    ) -> float:
        """Take tokens of a rate; 0: taken, else after how many seconds to ask again.

        `now`: milliseconds since the epoch. An amount larger than the worker's whole burst goes
        through when the bucket is full, on credit.
        """
        limit = self._limit(name, per_second, now)
        limit.burst_s = burst_s
        limit.asked += amount
        if now >= limit.until or limit.portion * per_second <= 0.0:
            self._refused(limit, now)
            return SOON_S if per_second > 0.0 else INTERVAL_MS / 1000
        rate = self._rate(limit)
        filled = rate.filled(limit.bucket, now / 1000)
        enough = min(amount, rate.burst)
        if filled.tokens >= enough:
            limit.bucket = Bucket(filled.tokens - amount, filled.at)
            return 0.0
        limit.bucket = filled
        self._refused(limit, now)
        return max(SOON_S, (enough - filled.tokens) / rate.per_second)

    def holds(self, name: str, now: int) -> bool:
        """Tell whether this worker has a portion of a limit now, however small."""
        limit = self._limits.get(name)
        return limit is not None and now < limit.until

    def put_back(self, name: str, amount: float = 1.0) -> None:
        """Give back tokens that were taken and not used."""
        limit = self._limits.get(name)
        if limit is not None and limit.bucket is not None:
            limit.bucket = Bucket(limit.bucket.tokens + amount, limit.bucket.at)

    def room(self, name: str, size: int, now: int, wanted: int) -> int:
        """Give how many may be open here at once of a limit that counts; `wanted`: how many could
        be used now.
        """
        limit = self._limit(name, float(size), now)
        limit.counted = True
        limit.asked = max(limit.asked, float(wanted))
        allowed = whole_grains(limit.portion, size) if now < limit.until else 0
        if wanted > allowed:
            self._refused(limit, now)
        return allowed

    def using(self, name: str, in_use: int) -> None:
        """Say how many are open here of a limit that counts, whenever that changes."""
        limit = self._limits.get(name)
        if limit is not None:
            limit.in_use = in_use

    def wishes(self, now: int) -> list[Wish]:
        """Give what to renew; what is wanted is counted anew in each interval."""
        wishes: list[Wish] = []
        for name, limit in list(self._limits.items()):
            if limit.in_use == 0 and now - limit.used_at >= IDLE_MS:
                del self._limits[name]
                self._given_back.append(name)
                continue
            self._fold(limit, now)
            grains = max(1, int(limit.size)) if limit.counted else 0
            least = limit.in_use / grains if grains else 0.0
            held = limit.portion if now < limit.until else 0.0
            wishes.append(Wish(name, limit.wanted, least, grains, held))
        return wishes

    def given_back(self) -> list[str]:
        """Give the names forgotten since the last call."""
        names, self._given_back = self._given_back, []
        return [name for name in names if name not in self._limits]

    def grant(self, grants: Iterable[Grant], now: int) -> None:
        """Take note of the portions this worker has now."""
        for one in grants:
            limit = self._limits.get(one.name)
            if limit is None:
                continue
            if limit.bucket is not None:  # what flowed in so far did so at the old rate
                limit.bucket = self._rate(limit).filled(limit.bucket, now / 1000)
            limit.portion, limit.until = one.portion, one.until

    def _limit(self, name: str, size: float, now: int) -> _Limit:
        limit = self._limits.get(name)
        if limit is None:
            limit = self._limits[name] = _Limit(size, now, now)
        limit.size, limit.used_at = size, now
        return limit

    def _refused(self, limit: _Limit, now: int) -> None:
        """Have the portion renewed, once for many who are refused while a lease lasts."""
        if not limit.missed or now >= limit.until:
            limit.missed = min(1.0, max(REFUSED, GROWTH * limit.portion))
            self.hungry()

    @staticmethod
    def _rate(limit: _Limit) -> Rate:
        per_second = limit.size * limit.portion
        return Rate(per_second=per_second, burst=max(1.0, per_second * limit.burst_s))

    @staticmethod
    def _fold(limit: _Limit, now: int) -> None:
        """Bring what is wanted up to date: a new height counts at once, an old one fades."""
        seconds = max(now - limit.since, INTERVAL_MS) / 1000
        recent = limit.asked if limit.counted else limit.asked / seconds
        fraction = min(1.0, recent / limit.size) if limit.size else 0.0
        fraction = max(fraction, limit.missed)
        limit.wanted = max(limit.wanted, fraction)
        if now - limit.since >= INTERVAL_MS:
            limit.wanted = max(fraction, (limit.wanted + fraction) / 2)
            limit.asked, limit.since, limit.missed = 0.0, now, 0.0
