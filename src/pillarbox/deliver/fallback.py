"""The order of a host's addresses, and how long each is waited for (after RFC 8305).

Many machines have an IPv6 address and no way out over it. So while a host has an address of another
IP version left, a connection gets a short time only; an address that kept silent comes last for a
while, so that not each message waits for it again.
"""

from collections.abc import Callable, Sequence

REMEMBER_S = 600.0
MOST = 10_000


class Fallback:
    """What one worker knows of silent addresses. `patience_s`: the short time."""

    def __init__(self, patience_s: float, clock: Callable[[], float]) -> None:
        self._patience_s = patience_s
        self._clock = clock
        self._silent: dict[str, float] = {}

    def plan(self, addresses: Sequence[str]) -> list[tuple[str, float]]:
        """Give the addresses in the order to try them, each with its patience; 0: the time-out.

        For an address that kept silent nobody hurries.
        """
        now = self._clock()
        silent = [one for one in addresses if self._silent.get(one, 0.0) > now]
        hopeful = [one for one in addresses if one not in silent]
        return [
            (one, self._patience_s if _others(one, hopeful[number + 1 :]) else 0.0)
            for number, one in enumerate([*hopeful, *silent])
        ]

    def was_silent(self, address: str) -> None:
        """Remember that nobody answered there."""
        if len(self._silent) >= MOST:
            self._silent.clear()
        self._silent[address] = self._clock() + REMEMBER_S


def _others(address: str, later: Sequence[str]) -> bool:
    return any((":" in one) != (":" in address) for one in later)
