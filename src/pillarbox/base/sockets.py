"""The listening sockets of a node: bound once by the supervisor, shared by all workers."""

import ipaddress
import socket
from dataclasses import dataclass

from pillarbox.base.errors import StartError

BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Sockets:
    """What the workers listen on."""

    api: socket.socket
    dns_udp: socket.socket
    dns_tcp: socket.socket


def bind_all(api: tuple[str, int], dns: tuple[str, int]) -> Sockets:
    """Bind every listener; port 0 takes a free one.

    Raises StartError that names the address which is taken or not ours.
    """
    tcp = _bind(dns, socket.SOCK_STREAM, "DNS")
    return Sockets(
        api=_bind(api, socket.SOCK_STREAM, "API"),
        dns_tcp=tcp,
        dns_udp=_bind((dns[0], tcp.getsockname()[1]), socket.SOCK_DGRAM, "DNS"),
    )


def _bind(address: tuple[str, int], kind: socket.SocketKind, purpose: str) -> socket.socket:
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
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
