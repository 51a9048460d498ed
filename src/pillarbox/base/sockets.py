"""The listening sockets of a node, bound once by the supervisor.

Each worker has sockets of its own on the same ports (SO_REUSEPORT), so that the kernel shares
connections out evenly: from one shared socket, whoever wakes first takes a whole burst. The
supervisor keeps all of them open, so that a worker's connections wait while it is started again.
"""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pillarbox.base.errors import StartError

BACKLOG = 2048
#: So many free ports are tried for one that is free for TCP and UDP.
PORT_TRIES = 20

#: What each worker has a socket of its own for, in the order in which they are bound.
Purpose = Literal["API", "tracking", "submission", "submission over TLS", "inbound"]


@dataclass(frozen=True, slots=True)
class Sockets:
    """What the workers listen on: by purpose a socket for each worker; DNS they share."""

    tcp: Mapping[Purpose, tuple[socket.socket, ...]]
    dns_udp: socket.socket
    dns_tcp: socket.socket


def bind_all(
    listeners: Mapping[Purpose, tuple[str, int]], dns: tuple[str, int], workers: int
) -> Sockets:
    """Bind every listener, one for each worker where they do not share; port 0 takes a free one.

    Raises StartError that names the address which is taken or not ours.
    """
    dns_tcp, dns_udp = _bind_dns(dns)
    return Sockets(
        tcp={purpose: _bind_group(at, purpose, workers) for purpose, at in listeners.items()},
        dns_tcp=dns_tcp,
        dns_udp=dns_udp,
    )


def _bind_dns(address: tuple[str, int]) -> tuple[socket.socket, socket.socket]:
    """Bind TCP and UDP on one port; one that is free for TCP alone is passed over for port 0."""
    tries = 1 if address[1] else PORT_TRIES
    while True:
        tries -= 1
        tcp = _bind(address, socket.SOCK_STREAM, "DNS")
        try:
            return tcp, _bind((address[0], tcp.getsockname()[1]), socket.SOCK_DGRAM, "DNS")
        except StartError:
            tcp.close()
            if not tries:
                raise


def _bind_group(
    address: tuple[str, int], purpose: Purpose, workers: int
) -> tuple[socket.socket, ...]:
    """Bind as many sockets on one port as there are workers."""
    first = _bind(address, socket.SOCK_STREAM, purpose)
    same = (address[0], first.getsockname()[1])
    others = (_bind(same, socket.SOCK_STREAM, purpose, again=True) for _ in range(1, workers))
    return (first, *others)


def _bind(
    address: tuple[str, int], kind: socket.SocketKind, purpose: str, *, again: bool = False
) -> socket.socket:
    """Bind one socket; `again`: beside another one of ours on the same port.

    The first one on a port is bound without SO_REUSEPORT, so that a second program is refused, and
    is given it afterwards.
    """
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if again:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if kind == socket.SOCK_STREAM:
            listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise StartError(
            f"the {purpose} listener can't have {host}:{port}: {error.strerror}"
        ) from error
    listener.setblocking(False)
    return listener


def is_loopback(listener: socket.socket) -> bool:
    """Tell whether only this machine can reach a listener."""
    return is_loopback_host(listener.getsockname()[0])


def is_loopback_host(host: str) -> bool:
    """Tell whether only this machine can reach what listens on this address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
