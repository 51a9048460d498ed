"""The listening sockets of a node, bound once by the supervisor.

Each worker has an API socket of its own on the same port (SO_REUSEPORT), so that the kernel shares
connections out evenly: from one shared socket, whoever wakes first takes a whole burst. The
supervisor keeps all of them open, so that a worker's connections wait while it is started again.
"""

import ipaddress
import socket
from dataclasses import dataclass

from pillarbox.base.errors import StartError

BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Sockets:
    """What the workers listen on."""

    api: tuple[socket.socket, ...]
    dns_udp: socket.socket
    dns_tcp: socket.socket


def bind_all(api: tuple[str, int], dns: tuple[str, int], workers: int) -> Sockets:
    """Bind every listener, one for each worker where they do not share; port 0 takes a free one.

    Raises StartError that names the address which is taken or not ours.
    """
    tcp = _bind(dns, socket.SOCK_STREAM, "DNS")
    first = _bind(api, socket.SOCK_STREAM, "API")
    same = (api[0], first.getsockname()[1])
    return Sockets(
        api=(
            first,
            *(_bind(same, socket.SOCK_STREAM, "API", again=True) for _ in range(1, workers)),
        ),
        dns_tcp=tcp,
        dns_udp=_bind((dns[0], tcp.getsockname()[1]), socket.SOCK_DGRAM, "DNS"),
    )


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
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback
