"""The listening sockets of a node, bound for real."""

import socket

import pytest

from pillarbox.base import sockets
from pillarbox.base.errors import StartError

LOOPBACK = "127.0.0.1"


@pytest.fixture
def squatter():
    """A UDP socket that another program has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        yield taken


def close_all(bound):
    for one in (
        bound.dns_tcp,
        bound.dns_udp,
        *(one for group in bound.tcp.values() for one in group),
    ):
        one.close()


def test_dns_takes_a_port_that_is_free_for_tcp_and_udp(monkeypatch, squatter):
    bind = sockets._bind

    def bind_after_another(address, kind, purpose, **more):
        if kind == socket.SOCK_DGRAM and squatter.getsockname()[1] == 0:
            squatter.bind(address)
        return bind(address, kind, purpose, **more)

    monkeypatch.setattr(sockets, "_bind", bind_after_another)
    bound = sockets.bind_all({"API": (LOOPBACK, 0)}, (LOOPBACK, 0), 2)
    port = bound.dns_tcp.getsockname()[1]
    assert port == bound.dns_udp.getsockname()[1] != squatter.getsockname()[1]
    assert len({one.getsockname() for one in bound.tcp["API"]}) == 1
    close_all(bound)


def test_a_given_port_that_is_taken_is_named(squatter):
    squatter.bind((LOOPBACK, 0))
    port = squatter.getsockname()[1]
    with pytest.raises(StartError, match=f"the DNS listener can't have {LOOPBACK}:{port}"):
        sockets.bind_all({}, (LOOPBACK, port), 1)
