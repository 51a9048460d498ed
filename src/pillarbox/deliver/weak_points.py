"""What failed at receiving servers a short while ago, so that it is not tried before each message.

TLS that did not work is passed over for ten minutes where less is allowed, and an address where
nobody answered is tried after a host's others. Bounded; times are seconds of the loop's clock.
"""

from collections.abc import Sequence
from dataclasses import replace

from pillarbox.base.dns_cache import DnsCache
from pillarbox.deliver.connection import Endpoint
from pillarbox.deliver.tls_choice import fall_back

REMEMBER_S = 600.0


class WeakPoints:
    """The memory of one process."""

    def __init__(self) -> None:
        self._tls: DnsCache[bool] = DnsCache(max_entries=10_000)
        self._silent: DnsCache[bool] = DnsCache(max_entries=10_000)

    def note_tls(self, endpoint: Endpoint, now_s: float) -> None:
        """Remember that a handshake failed."""
        self._tls.keep(*_key(endpoint), True, ttl_s=REMEMBER_S, now_s=now_s)

    def note_silent(self, address: str, now_s: float) -> None:
        """Remember that nobody answers at an address."""
        self._silent.keep(address, "", True, ttl_s=REMEMBER_S, now_s=now_s)

    def as_known(self, endpoint: Endpoint, now_s: float) -> Endpoint:
        """Give the endpoint without what is known to fail there, as far as less is allowed."""
        at = endpoint
        while self._tls.find(*_key(at), now_s) and (less := fall_back(at.tls, at.choice)):
            at = replace(at, tls=less[0], choice=less[1])
        return at

    def silent_last(self, addresses: Sequence[str], now_s: float) -> list[str]:
        """Put addresses where nobody answered behind the others."""
        return sorted(addresses, key=lambda one: bool(self._silent.find(one, "", now_s)))


def _key(endpoint: Endpoint) -> tuple[str, str]:
    where = f"{endpoint.host} {endpoint.address} {endpoint.port}"
    return where, f"{endpoint.tls.value} {endpoint.choice.certificate}"
