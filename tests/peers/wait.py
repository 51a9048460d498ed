"""Waiting for a peer, with a bound: the one place where tests and benches look again and again.

A test never sleeps for a guessed time; it asks whether something has happened, and gives up loudly.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator

#: Seconds between two looks: a tenth of what was waited so far, within these. Each look costs time
#: of the machine that what is waited for may need.
PAUSE, LONGEST_PAUSE = 0.01, 0.05
#: How long what should happen at once may take on a machine that does much else: the start of a
#: server, and mail whose first attempt failed since the machine stood still (the second comes after
#: 72 seconds at the latest).
ARRIVAL_SECONDS = 90


def until(happened: Callable[[], bool], seconds: float, what: str) -> None:
    """Return as soon as `happened()`; after `seconds` raise TimeoutError naming `what`."""
    begun = time.monotonic()
    while not happened():
        waited = time.monotonic() - begun
        if waited > seconds:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(min(LONGEST_PAUSE, max(PAUSE, waited / 10)))


def monotonic() -> float:
    """Seconds of the machine's monotonic clock, the same in every process."""
    return time.monotonic()


def free_port() -> int:
    """A loopback TCP port that nobody listens on just now.

    From below the ports that the kernel hands to outgoing connections, so that it is still free
    after a restart. Between this and whoever listens there, another process may ask: those of one
    pytest-xdist run take different ports, others begin at different ones.
    """
    for port in _ports:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def _count_ports() -> Iterator[int]:
    """Count through this process's share of the ports from one that the process id chooses."""
    first, size = 10_000, 22_000
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share, start = size // processes, os.getpid() * 211
    return (first + (start + at) % share * processes + number for at in range(share))


_ports = _count_ports()


def answers(port: int, address: str = "127.0.0.1") -> bool:
    """Whether something on loopback accepts a connection on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def same_day(seconds: float) -> None:
    """See that the day (UTC) does not end within so many seconds: else wait for the next one.

    For what is counted by the day.
    """
    day = 86_400

    def long_enough() -> bool:
        return day - time.time() % day >= seconds

    until(long_enough, seconds + ARRIVAL_SECONDS, "the next day")
