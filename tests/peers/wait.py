"""Waiting for a peer, with a bound: the one place where tests and benches look again and again.

A test never sleeps for a guessed time; it asks whether something has happened, and gives up loudly.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator

PAUSE = 0.01
#: How long what should happen at once may take on a machine that does much else.
ARRIVAL_SECONDS = 60


def until(happened: Callable[[], bool], seconds: float, what: str) -> None:
    """Return as soon as `happened()`; after `seconds` raise TimeoutError naming `what`."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(PAUSE)


def monotonic() -> float:
    """Seconds of the machine's monotonic clock, the same in every process."""
    return time.monotonic()


def free_port() -> int:
    """A loopback TCP port that nobody listens on just now.

    From below the ports that the kernel hands to outgoing connections, so that it is still free
    after a restart; test processes that run beside each other begin far from each other.
    """
    for port in _ports:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def _count_ports() -> Iterator[int]:
    """Count through the ports from one that the process id chooses.

    By the golden section: ids that follow each other, as those of pytest-xdist's processes do, are
    thousands of ports apart, and no process comes to the ports of another.
    """
    first, size = 10_000, 22_000
    start = os.getpid() * 13_597
    return (first + (start + number) % size for number in range(size))


_ports = _count_ports()


def answers(port: int, address: str = "127.0.0.1") -> bool:
    """Whether something on loopback accepts a connection on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0
