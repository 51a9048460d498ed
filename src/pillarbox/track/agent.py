"""What a user agent says of who is asking: a person's device, a mail provider's proxy, a crawler.

Known to libraries (ua-parser's and crawler-user-agents' patterns), not to lists of ours. Reading
one takes a millisecond, so what was read is kept: the same few thousand come again and again.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import crawleruseragents
import ua_parser

PHONE, TABLET, COMPUTER, OTHER = "phone", "tablet", "computer", "other"
REMEMBERED: Final = 8192
#: All that Apple's Mail Privacy Protection says when it fetches images for a person.
_APPLE_PRIVACY: Final = "Mozilla/5.0"
#: How the image proxies of mail providers call themselves (GoogleImageProxy, YahooMailProxy, …).
_PROXY_NAMES: Final = ("ImageProxy", "MailProxy")
_COMPUTERS: Final = frozenset({"Windows", "Mac OS X", "Linux", "Ubuntu", "Chrome OS", "Fedora"})


@dataclass(frozen=True, slots=True)
class Agent:
    """`proxy`: fetches images for a person who may not look. `crawler`: no person at all."""

    device: str
    proxy: bool
    crawler: bool


@lru_cache(REMEMBERED)
def read_agent(user_agent: str) -> Agent:
    """Read a user agent; one that says nothing is no person's."""
    if not user_agent:
        return Agent(OTHER, proxy=False, crawler=True)
    proxy = user_agent == _APPLE_PRIVACY or any(name in user_agent for name in _PROXY_NAMES)
    known = ua_parser.parse(user_agent)
    spider = known.device is not None and known.device.family == "Spider"
    crawler = not proxy and (spider or crawleruseragents.is_crawler(user_agent))
    device = OTHER if proxy or crawler else _device(known, user_agent)
    return Agent(device, proxy=proxy, crawler=crawler)


def _device(known: ua_parser.Result, user_agent: str) -> str:
    """Name the class of a person's device."""
    system = known.os.family if known.os else ""
    family = known.device.family if known.device else ""
    if family == "iPad" or (system == "Android" and "Mobile" not in user_agent):
        return TABLET
    if system in {"iOS", "Android", "Windows Phone"}:
        return PHONE
    return COMPUTER if system in _COMPUTERS else OTHER
