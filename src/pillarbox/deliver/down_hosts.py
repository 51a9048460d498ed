"""Hosts that could not be reached lately: tried by one message at a time.

Takes what came of opening connections; hands on the refusal that stands for an attempt. After two
failures in a row a host is left alone: for a minute when it let us wait, for ten seconds when it
refused at once, and each further failure doubles that, up to ten minutes. Then one attempt finds
out whether it is back, while the others are still answered at once. So a hundred thousand messages
for a host that never answers take no room from anybody, and their time runs as if each had tried.
Who has mail tried again by hand knows something we do not: then all is forgotten.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.deliver.connection import Endpoint, Opened
from pillarbox.model.outcome import Attempt, Deferred, Outcome, Reply
from pillarbox.proto.smtp.events import Refused

#: Failures in a row after which a host is left alone.
PATIENCE = 2
LET_US_WAIT_S, REFUSED_S, LONGEST_S = 60.0, 10.0, 600.0
#: A failure that took so long has let us wait.
WAITED_S = 5.0
#: Statuses of our own making for a connection that could not be had, or was lost.
UNREACHABLE = frozenset({"4.4.1", "4.4.2"})
REMEMBERED = 20_000
_Place = tuple[str, int, str]


@dataclass(slots=True)
class _Down:
    """A host's failures in a row. `asked_until`: one attempt finds out, and has so long."""

    failures: int = 0
    until: float = 0.0
    asked_until: float = 0.0
    why: str = ""


class DownHosts:
    """What one worker knows; by address, port and the address we come from."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[_Place, _Down] = OrderedDict()

    def refusal(self, endpoint: Endpoint, probe_s: float) -> Opened | None:
        """Give what stands for an attempt on a host that is down; None: try it.

        Who is told to try a host that was down has `probe_s` seconds to find out.
        """
        down = self._known.get(_place(endpoint))
        if down is None or down.failures < PATIENCE:
            return None
        now = self._clock()
        if now >= down.until and now >= down.asked_until:
            down.asked_until = now + probe_s
            return None
        text = f"4.4.1 Not tried again so soon: {down.why}"
        attempt = Attempt(endpoint.host, endpoint.address, endpoint.source)
        return Opened(Refused(Deferred(Reply(421, text, "4.4.1"), attempt)))

    def is_down(self, endpoint: Endpoint) -> bool:
        """Tell whether a host is left alone at the moment."""
        down = self._known.get(_place(endpoint))
        return down is not None and self._clock() < down.until

    def forget(self) -> None:
        """Know nothing of any host: each is tried."""
        self._known.clear()

    def learn(self, endpoint: Endpoint, outcome: Outcome | None, took_s: float) -> bool:
        """Take note of an attempt's outcome, None for a session that was opened.

        `took_s`: how long that took. Tells whether the host is down now.
        """
        place = _place(endpoint)
        if outcome is None or not is_unreachable(outcome):
            self._known.pop(place, None)
            return False
        down = self._known.setdefault(place, _Down())
        self._known.move_to_end(place)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        now = self._clock()
        if now < down.until:  # it had begun before the host was known to be down
            return True
        down.failures += 1
        down.why = outcome.reply.text.removeprefix(f"{outcome.reply.enhanced} ")
        down.asked_until = 0.0
        if down.failures < PATIENCE:
            return False
        pause = LET_US_WAIT_S if took_s >= WAITED_S else REFUSED_S
        down.until = now + min(LONGEST_S, pause * 2.0 ** min(8, down.failures - PATIENCE))
        return True


def is_unreachable(outcome: Outcome) -> bool:
    """Tell whether an outcome says that there was nobody to speak to."""
    return isinstance(outcome, Deferred) and outcome.reply.enhanced in UNREACHABLE


def _place(endpoint: Endpoint) -> _Place:
    return endpoint.address, endpoint.port, endpoint.source
