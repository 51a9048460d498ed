"""Which addresses and ports are ours: mail for a domain that leads there would come back to us.

An MX host that is our own inbound listener is a loop (RFC 5321 §5.1). A listener on all addresses
(`0.0.0.0`, `::`) is reached at every address of this machine, which the system is asked about.
"""

import ipaddress
import socket
from collections.abc import Iterable

from pillarbox.base.settings import Address, Settings
from pillarbox.base.settings_source import parse_address


class OwnEndpoints:
    """A container of (address, port)."""

    def __init__(self, endpoints: Iterable[Address]) -> None:
        self._exact: set[tuple[str, int]] = set()
        self._any: dict[int, set[int]] = {}  # port -> IP versions
        for one in endpoints:
            self._add("127.0.0.1" if one.host == "localhost" else one.host, one.port)

    def __contains__(self, endpoint: object) -> bool:
        """Tell whether we receive mail at an (address, port)."""
        if not isinstance(endpoint, tuple):
            return False
        if endpoint in self._exact:
            return True
        address, port = endpoint
        version = 6 if ":" in address else 4
        return version in self._any.get(port, ()) and is_local(address)

    def _add(self, host: str, port: int) -> None:
        if host == "0.0.0.0":  # noqa: S104 - it is compared, not bound
            self._any.setdefault(port, set()).add(4)
        elif host == "::":
            self._any.setdefault(port, set()).update((4, 6))
        else:
            self._exact.add((_normal(host), port))


def _normal(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


def own_endpoints(settings: Settings) -> OwnEndpoints:
    """Give where this node receives mail: its inbound listener, and what the settings add.

    In capture mode nothing is asked. Addresses of a router that hands port 25 on to us are only in
    the settings.
    """
    others = settings.network.own_endpoints
    return OwnEndpoints(
        (
            settings.listen.inbound,
            *(parse_address(one, "network.own_endpoints") for one in others),
        )
    )


def is_local(address: str) -> bool:
    """Tell whether an address is this machine's: whether a socket may have it. Sends nothing."""
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return False
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
