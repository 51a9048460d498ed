"""Waiting for a peer, with a bound: the one place where tests and benches look again and again.

A test never sleeps for a guessed time; it asks whether something has happened, and gives up loudly.
"""

import socket
import time
from collections.abc import Callable

PAUSE = 0.01


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
    """A loopback TCP port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether something on loopback accepts a connection on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
