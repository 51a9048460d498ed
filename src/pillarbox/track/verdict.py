"""Was that a person? Pure: takes what a request said and when, gives `human`, `proxy` or `scanner`.

A security gateway follows every link of a mail as it comes in. So clicks on several links of one
recipient's mail, within seconds of each other and soon after delivery, are a scanner's, whatever
it calls itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pillarbox.track.agent import Agent

HUMAN, PROXY, SCANNER = "human", "proxy", "scanner"
#: A burst: clicks on so many links of one recipient, so close together, so soon after delivery.
BURST_LINKS: Final = 3
BURST_MS: Final = 5_000
AFTER_DELIVERY_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Click:
    """When one recipient clicked which of the message's links."""

    at: int
    link: int | str


def verdict_of(agent: Agent, *, head: bool, prefetch: bool, burst: bool) -> str:
    """Judge one request."""
    if head or prefetch or burst:
        return SCANNER
    if agent.proxy:
        return PROXY
    return SCANNER if agent.crawler else HUMAN


def in_burst(click: Click, clicks: Iterable[Click], delivered_at: int | None) -> bool:
    """Tell whether a click is one of a burst; `clicks`: the same recipient's, this one among them.

    A scanner may come before the receiving server has answered: then nothing is delivered yet.
    """
    if delivered_at is not None and click.at - delivered_at > AFTER_DELIVERY_MS:
        return False
    near = {one.link for one in clicks if abs(one.at - click.at) <= BURST_MS}
    return len(near) >= BURST_LINKS
