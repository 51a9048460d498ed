"""On which host an element of a message is tracked: HttpsPolicy against what works. Pure.

An element is the pixel, a link to an http target, or a link to an https one. Its policy says what
it needs (facts §6), the hosts say what they can:

    policy               pixel     http link   https link
    REQUIRE              SECURE    SECURE      SECURE
    REQUIRE_OPEN_ONLY    SECURE    PLAIN       KEEP
    OPTIONAL, absent     PLAIN     PLAIN       KEEP
    of trace domains     PREFER    PREFER      KEEP

SECURE is https on the chosen host, else on the service's own, else nothing: never http. KEEP is
the same, but where no host has HTTPS the link goes over http, which the policy leaves free. PLAIN
is http on the chosen host. PREFER is https on the chosen host where that works, else http. Where
the chosen host does not reach us, the service's own takes its place, in the scheme that it has.
"""

import ipaddress
from dataclasses import dataclass
from typing import Literal

from pillarbox.base.settings import Settings
from pillarbox.model.tracking_setup import TrackingHost

Element = Literal["pixel", "http links", "https links"]
Need = Literal["SECURE", "PLAIN", "PREFER", "KEEP"]
ELEMENTS: tuple[Element, ...] = ("pixel", "http links", "https links")
#: The policy of hosts that know no HttpsPolicy: the trace domains of the tracking settings.
WHERE_IT_WORKS = "HTTPS where it works"

_NEEDS: dict[str, tuple[Need, Need, Need]] = {
    "REQUIRE": ("SECURE", "SECURE", "SECURE"),
    "REQUIRE_OPEN_ONLY": ("SECURE", "PLAIN", "KEEP"),
    "OPTIONAL": ("PLAIN", "PLAIN", "KEEP"),
    WHERE_IT_WORKS: ("PREFER", "PREFER", "KEEP"),
}


@dataclass(frozen=True, slots=True)
class OwnHost:
    """The service's own tracking host: a base URL, None where recipients can reach none.

    `captures`: mail stays on this machine, so every host counts as working, and all goes through
    this one.
    """

    url: str | None = None
    captures: bool = False

    @property
    def secure(self) -> bool:
        """Whether it has HTTPS."""
        return self.url is not None and self.url.startswith("https://")


def own_host(settings: Settings) -> OwnHost:
    """Give the service's own host as `[track] url` says.

    Without one it is the listener's address, but only where recipients can be there: mail that goes
    out into the world does not carry links to its reader's own machine.
    """
    reachable = settings.track.url or settings.network.allow_private_destinations
    if not reachable and not _is_public(settings.listen.track.host):
        return OwnHost(None, captures=settings.presume_verified)
    return OwnHost(settings.track_url, captures=settings.presume_verified)


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True  # a name that somebody chose to listen on


def need_of(element: Element, policy: str) -> Need:
    """Give what a policy asks for one element."""
    return _NEEDS[policy][ELEMENTS.index(element)]


def choose_base(
    element: Element, policy: str, chosen: TrackingHost | None, own: OwnHost
) -> str | None:
    """Give the base URL of one element, None: it is not tracked.

    `chosen` None: the service's own host is meant.
    """
    if own.captures:
        return own.url
    need = need_of(element, policy)
    host = chosen.host if chosen is not None and chosen.works else None
    secure = f"https://{host}" if host and chosen is not None and chosen.https else None
    plain = f"http://{host}" if host else None
    if need == "PLAIN":
        return plain or own.url
    if need == "PREFER":
        return secure or plain or own.url
    encrypted = secure or (own.url if own.secure else None)
    if need == "KEEP":
        return encrypted or plain or own.url
    return encrypted
