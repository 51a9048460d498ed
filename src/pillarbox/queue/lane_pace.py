"""How many recipients of a lane may be in flight, and which lanes are left alone for now. Pure.

A lane that nothing is known of begins with few, and doubles them with each attempt that ends
quickly: one that hangs is found out with a handful. An attempt that took long halves them. What was
put back without an attempt, since its destination takes no more now, pauses its lane until then.
Lanes whose hosts can't be reached are settled again and again without being tried; they take turns
that are the rarer the more such lanes there are.
"""

from collections import OrderedDict

from pillarbox.model.queued import QUEUED, Settlement

#: Recipients in flight of a lane of which nothing is known; and of one that answers slowly.
START, LEAST = 4, 2
#: An attempt that takes longer is slow; one that takes so long makes its lane have fewer.
SLOW_MS, HANGING_MS = 1000, 10_000
#: How long an unreachable lane rests after a turn, for every two of them that there are.
UNREACHABLE_REST_MS = 250
UNREACHABLE_FOR_MS = 60_000
#: Lanes remembered; the one that was quiet for longest is forgotten.
REMEMBERED = 20_000


class LanePace:
    """The pace of one worker's lanes. `most`: recipients of one lane in flight at most."""

    def __init__(self, most: int) -> None:
        #: Recipients in flight at most, of lanes of which something is known.
        self.caps: OrderedDict[str, int] = OrderedDict()
        self._most = most
        self._least = min(LEAST, most)
        self._paused: dict[str, int] = {}
        self._unreachable: OrderedDict[str, int] = OrderedDict()

    @property
    def start(self) -> int:
        """How many recipients of a lane are taken of which nothing is known."""
        return min(START, self._most)

    def cap(self, lane: str) -> int:
        """Give how many recipients of a lane may be in flight."""
        return self.caps.get(lane, self.start)

    def paused(self, now: int) -> dict[str, int]:
        """Give the lanes to leave alone, with the moment until when."""
        self._paused = {lane: until for lane, until in self._paused.items() if until > now}
        return dict(self._paused)

    def finished(self, lane: str, took_ms: int) -> None:
        """Take note of how long an attempt took."""
        if took_ms < SLOW_MS:
            self._set_cap(lane, min(self._most, self.cap(lane) * 2))
        elif took_ms >= HANGING_MS:
            self._set_cap(lane, max(self._least, self.cap(lane) // 2))

    def settled(self, settlement: Settlement, now: int) -> None:
        """Take note of what an attempt came to."""
        lane = settlement.claim.lane
        if settlement.state == QUEUED and not settlement.attempted:
            self._set_cap(lane, max(self._least, self.cap(lane) // 4))
            self._paused[lane] = max(self._paused.get(lane, 0), settlement.due_at)
        elif settlement.state == QUEUED and settlement.unreachable:
            self._paused[lane] = now + UNREACHABLE_REST_MS * self._unreachable_turns(lane, now)
            self._set_cap(lane, self.start)  # it ends quickly, and yet each copy is signed for it
        else:
            self._unreachable.pop(lane, None)

    def _unreachable_turns(self, lane: str, now: int) -> int:
        """Note an unreachable lane; give how many turns it leaves to others before its own."""
        self._unreachable[lane] = now + UNREACHABLE_FOR_MS
        self._unreachable.move_to_end(lane)
        while next(iter(self._unreachable.values())) <= now:
            self._unreachable.popitem(last=False)
        return 1 + len(self._unreachable) // 2

    def _set_cap(self, lane: str, cap: int) -> None:
        self.caps[lane] = cap
        self.caps.move_to_end(lane)
        if len(self.caps) > REMEMBERED:
            self.caps.popitem(last=False)
