"""Which addresses are of the public internet: whom we talk to on somebody else's word.

Names of others lead wherever their owners say: MX hosts, tracking hosts, webhooks. None of them may
lead to a machine of the network we run in, unless the operator allows it.
"""

import ipaddress
from functools import lru_cache

# NAT64's prefix (RFC 6052 §2.1) and what was "IPv4-compatible" (RFC 4291 §2.5.5.1)
_LOW_32_BITS = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96")))
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # not global (RFC 8215 §5)


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet; IPv4 inside IPv6 is judged as IPv4."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed.sixtofour or _translated(parsed) or parsed
    if parsed.version == 6 and parsed in _LOCAL_NAT64:
        return False
    return parsed.is_global and not parsed.is_multicast


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Give the IPv4 address that a translator would reach."""
    if any(address in network for network in _LOW_32_BITS):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None
