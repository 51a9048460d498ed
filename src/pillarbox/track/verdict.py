"""Was that a person? Pure: takes what a request said and when, gives `human`, `proxy` or `scanner`.

A security gateway follows every link of a mail as it comes in. So clicks on several links of one
recipient's mail, within seconds of each other and soon after delivery, are a scanner's, whatever
it calls itself.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from pillarbox.track.agent import Agent

HUMAN, PROXY, SCANNER = "human", "proxy", "scanner"
#: A burst: clicks on so many links of one recipient, so close together, so soon after delivery.
BURST_LINKS: Final = 3
BURST_MS: Final = 5_000
AFTER_DELIVERY_MS: Final = 60_000


#: When one recipient clicked each link of a message: times in order, by link.
Clicks = Mapping[str, Sequence[int]]


def verdict_of(
    agent: Agent, *, head: bool, prefetch: bool, burst: bool, trapped: bool = False
) -> str:
    """Judge one request. `trapped`: it followed the link that no reader sees."""
    if head or prefetch or burst or trapped:
        return SCANNER
    if agent.proxy:
        return PROXY
    return SCANNER if agent.crawler else HUMAN


def in_burst(at: int, clicks: Clicks, since: int) -> bool:
    """Tell whether a click is one of a burst; `clicks`: the same recipient's, this one among them;
    `since`: when the message was delivered, or accepted where it is not delivered yet.
    """
    if at - since > AFTER_DELIVERY_MS:
        return False
    near = (times for times in clicks.values() if _has_near(times, at))
    return len(list(islice(near, BURST_LINKS))) == BURST_LINKS


def _has_near(times: Sequence[int], at: int) -> bool:
    first = bisect_left(times, at - BURST_MS)
    return first < len(times) and times[first] <= at + BURST_MS
