"""Whose request it is: the peer, or whom a trusted proxy names in X-Forwarded-For. Pure.

Each proxy appends whom it heard from, so the list is read from its end: the first address that is
no trusted proxy's is the client's. What stands before it, anybody can have written.
"""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MAX_HOPS = 32


class TrustedProxies:
    """The networks whose word is taken."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(ipaddress.ip_network(one) for one in networks)

    def trusts(self, address: str) -> bool:
        """Tell whether an address is a trusted proxy's."""
        if not self._networks:
            return False
        parsed = _parse(address)
        return parsed is not None and self._holds(parsed)

    def client_ip(self, peer: str, forwarded_for: str) -> str:
        """Give the client's address; `forwarded_for`: what X-Forwarded-For says, all of them."""
        if not forwarded_for or not self.trusts(peer):
            return peer
        client = peer
        for hop in forwarded_for.split(",")[: -MAX_HOPS - 1 : -1]:
            parsed = _parse(hop.strip())
            if parsed is None:
                break
            client = str(parsed)
            if not self._holds(parsed):
                break
        return client

    def _holds(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _parse(text: str) -> Address | None:
    """Read an address as proxies write it: some add a port, some brackets, some map IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address
