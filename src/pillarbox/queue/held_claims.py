"""The claims a worker holds: how many, how many bytes, since when, of which lanes.

What has been held for long is counted apart: it does not take the room of what is quick, until it
is as much as that room again. A thousand hosts that hang therefore keep nobody else's mail waiting.
"""

from collections import Counter, OrderedDict
from collections.abc import Set as AbstractSet

from pillarbox.model.queued import Claim
from pillarbox.queue.lane_pace import SLOW_MS

_Key = tuple[bytes, int]


class HeldClaims:
    """Claims by recipient. All times are milliseconds of one clock."""

    def __init__(self) -> None:
        self.by_lane: Counter[str] = Counter()
        self._quick: OrderedDict[_Key, tuple[Claim, int]] = OrderedDict()
        self._slow: dict[_Key, tuple[Claim, int]] = {}
        self._slow_lanes: Counter[str] = Counter()
        self._quick_bytes = 0
        self._slow_bytes = 0

    def __len__(self) -> int:
        return len(self._quick) + len(self._slow)

    def claims(self) -> list[Claim]:
        """Give all claims."""
        return [claim for claim, _ in (*self._quick.values(), *self._slow.values())]

    def slow_lanes(self) -> AbstractSet[str]:
        """Give the lanes that have slow claims."""
        return self._slow_lanes.keys()

    def room(self, rows: int, size: int, now: int) -> tuple[int, int]:
        """Give how many rows and bytes may be added, where so many may be held."""
        self._set_slow_apart(now)
        total = self._quick_bytes + self._slow_bytes
        return (
            min(rows - len(self._quick), 2 * rows - len(self)),
            min(size - self._quick_bytes, 2 * size - total),
        )

    def hold(self, claim: Claim, now: int) -> None:
        """Add a claim."""
        self._quick[claim.message_id, claim.position] = claim, now
        self._quick_bytes += claim.size
        self.by_lane[claim.lane] += 1

    def let_go(self, claim: Claim, now: int) -> int | None:
        """Remove a claim and give how long it was held; None when it was not."""
        key = claim.message_id, claim.position
        found = self._quick.pop(key, None)
        if found is not None:
            self._quick_bytes -= claim.size
        else:
            found = self._slow.pop(key, None)
            if found is None:
                return None
            self._slow_bytes -= claim.size
            _less(self._slow_lanes, claim.lane)
        _less(self.by_lane, claim.lane)
        return now - found[1]

    def _set_slow_apart(self, now: int) -> None:
        while self._quick:
            key, (claim, since) = next(iter(self._quick.items()))
            if now - since < SLOW_MS:
                return
            self._slow[key] = self._quick.pop(key)
            self._slow_lanes[claim.lane] += 1
            self._quick_bytes -= claim.size
            self._slow_bytes += claim.size


def _less(counts: Counter[str], lane: str) -> None:
    counts[lane] -= 1
    if not counts[lane]:
        del counts[lane]
