"""How much one request may take: bytes in memory, seconds of waiting, calls at once and a
second.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a request may take: bytes and seconds.

    `body`: the largest body. `budget`: bytes of all bodies in memory at once, per process; `large`:
    from which size they go one at a time; `patience`: how long one waits for room; `queue`: how
    many may wait. `body_seconds`, `pause_seconds`: for a whole body, and between two pieces of it.
    `threaded`: from which size hashing and decoding go to a thread. `concurrent`: calls of one
    account at once, per process. `calls_per_second`: of one operation by one account, per process;
    0 for no limit. `grace`, `grace_seconds`: what of a refused body is still read,
    and forgotten, so that the client hears why.
    """

    body: int = 57 * 1024 * 1024
    budget: int = 96 * 1024 * 1024
    large: int = 8 * 1024 * 1024
    patience: float = 30.0
    queue: int = 1000
    body_seconds: float = 60.0
    pause_seconds: float = 15.0
    threaded: int = 256 * 1024
    concurrent: int = 1000
    calls_per_second: float = 0.0
    grace: int = 64 * 1024 * 1024
    grace_seconds: float = 10.0
