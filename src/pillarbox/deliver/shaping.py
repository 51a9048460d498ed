"""What may be opened and sent to a group now: its limits, times its factor, this worker's portion.

Takes the table of groups, the worker's portions of the shared limits, and what hosts answer; hands
on how many connections may be open and whether a message may go. What has been learned is told to
the others by `shaping_keeper`. A group that nobody listed and that never complained costs the store
nothing: the first connection of each worker asks for no portion.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pillarbox.base.clock import now_ms
from pillarbox.base.portions import Portions
from pillarbox.deliver.adaptive import CEILING, GroupState, grown, shrunk, sign_of
from pillarbox.deliver.groups import Group, Groups
from pillarbox.model.outcome import Deferred, Delivered, Outcome

CONNECTIONS, MESSAGES = "connections/", "messages/"
#: Groups remembered as having taken mail lately; a time-out of theirs is a sign of too much.
REMEMBERED = 10_000


@dataclass(slots=True)
class Learned:
    """What a worker saw of a group since it last told the others."""

    name: str
    sign: str | None = None
    taken: int = 0


class Shaping:
    """One worker's view of all groups. Without `portions` all limits are its own."""

    def __init__(
        self,
        groups: Groups,
        portions: Portions | None = None,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.groups = groups
        #: Called when something should be told to the others at once.
        self.urgent: Callable[[], None] = lambda: None
        #: Counts a sign of too much.
        self.shrank: Callable[[str], None] = lambda _name: None
        #: Counts an address that a group blocks.
        self.blocked: Callable[[str], None] = lambda _name: None
        self._portions = portions
        self._clock = clock
        self._states: dict[str, GroupState] = {}
        self._learned: dict[str, Learned] = {}
        self._working: OrderedDict[str, None] = OrderedDict()

    def allowed(self, group: Group, in_use: int, wanted: int) -> int:
        """Give how many connections this worker may have open to a group.

        `in_use`: how many are; `wanted`: how many there were work for.
        """
        limit = max(1, math.floor(group.connections * self.factor(group)))
        if self._portions is None:
            return limit
        shared = group.listed or group.name in self._states
        if not shared and wanted <= 1 and in_use == 0:
            return 1
        least = 0 if shared else 1
        name = CONNECTIONS + group.name
        return max(least, self._portions.room(name, limit, self._clock(), wanted))

    def using(self, group: Group, in_use: int) -> None:
        """Say how many connections this worker has open to a group, whenever that changes."""
        if self._portions is not None:
            self._portions.using(CONNECTIONS + group.name, in_use)

    def wait_s(self, group: Group) -> float:
        """Take one message of a group's rate; 0: it may go, else after how many seconds to ask."""
        if not group.messages_per_second or self._portions is None:
            return 0.0
        per_second = group.messages_per_second * self.factor(group)
        return self._portions.take(MESSAGES + group.name, per_second, self._clock())

    def factor(self, group: Group) -> float:
        """Give what stands before a group's limits: 1 while it has not complained."""
        state = self._states.get(group.name)
        return CEILING if state is None else state.factor

    def learn(self, group: Group, outcome: Outcome, *, spoken_to: bool = True) -> None:
        """Take note of what a host made of a connection or a message.

        `spoken_to`: it spoke; a time-out of one that took mail lately is a sign of too much.
        """
        sign = sign_of(outcome, spoken_to=spoken_to)
        if sign is None and not spoken_to and group.name in self._working:
            sign = _timed_out(outcome)
        if sign is not None:
            self._shrink(group, sign)
        elif isinstance(outcome, Delivered):
            self._grow(group)

    def take_learned(self) -> list[Learned]:
        """Give what the others should know, and begin anew."""
        learned, self._learned = list(self._learned.values()), {}
        return learned

    def tell(self, states: Iterable[GroupState]) -> None:
        """Take over what all workers together know."""
        self._states = {state.name: state for state in states}

    def _shrink(self, group: Group, sign: str) -> None:
        now = self._clock()
        before = self._states.get(group.name, GroupState(group.name))
        after = shrunk(before, sign, now)
        if after is before:
            return
        self._states[group.name] = after
        self._learned.setdefault(group.name, Learned(group.name)).sign = sign
        self.shrank(group.name)
        self.urgent()

    def _grow(self, group: Group) -> None:
        self._working[group.name] = None
        self._working.move_to_end(group.name)
        if len(self._working) > REMEMBERED:
            self._working.popitem(last=False)
        state = self._states.get(group.name)
        if state is None or state.factor >= CEILING:
            return
        self._states[group.name] = grown(state, self._clock())
        self._learned.setdefault(group.name, Learned(group.name)).taken += 1


def _timed_out(outcome: Outcome) -> str | None:
    """Give the reply of our own making that tells of a time-out, None for anything else."""
    if isinstance(outcome, Deferred) and "timed out" in outcome.reply.text:
        return str(outcome.reply)
    return None
