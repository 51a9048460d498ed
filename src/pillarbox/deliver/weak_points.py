"""TLS that failed at receiving servers a short while ago, so that not each message tries it again.

It is passed over for ten minutes where less is allowed. Bounded; times are seconds of the loop's
clock. Addresses where nobody answered are `fallback.py`'s.
"""

from dataclasses import replace

from pillarbox.base.dns_cache import DnsCache
from pillarbox.deliver.connection import Endpoint
from pillarbox.deliver.tls_choice import fall_back

REMEMBER_S = 600.0


class WeakPoints:
    """The memory of one process."""

    def __init__(self) -> None:
        self._tls: DnsCache[bool] = DnsCache(max_entries=10_000)

    def note_tls(self, endpoint: Endpoint, now_s: float) -> None:
        """Remember that a handshake failed."""
        self._tls.keep(*_key(endpoint), True, ttl_s=REMEMBER_S, now_s=now_s)

    def as_known(self, endpoint: Endpoint, now_s: float) -> Endpoint:
        """Give the endpoint without what is known to fail there, as far as less is allowed."""
        at = endpoint
        while self._tls.find(*_key(at), now_s) and (less := fall_back(at.tls, at.choice)):
            at = replace(at, tls=less[0], choice=less[1])
        return at


def _key(endpoint: Endpoint) -> tuple[str, str]:
    where = f"{endpoint.host} {endpoint.address} {endpoint.port}"
    return where, f"{endpoint.tls.value} {endpoint.choice.certificate}"
