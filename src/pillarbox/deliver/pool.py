"""Kept connections: a bounded number to each host, used again while they are young and warm.

Whoever needs a connection waits in line for a place; with the place comes a kept connection or
none.
"""

import asyncio
import ssl
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from pillarbox.deliver.connection import Connection, Target, opportunistic_context

KEPT_SECONDS = 30.0
MESSAGES_A_CONNECTION = 1000
SWEEP_SECONDS = 5.0
MAX_HOSTS_KEPT = 5000


@dataclass(slots=True)
class _Host:
    places: asyncio.Semaphore
    idle: list[tuple[float, Connection]] = field(default_factory=list)
    users: int = 0


class ConnectionPool:
    """Connections of one worker; `limit`: how many to one host."""

    def __init__(self, helo: str, limit: int) -> None:
        self._helo = helo
        self._limit = limit
        self._context: ssl.SSLContext = opportunistic_context()
        self._hosts: OrderedDict[Target, _Host] = OrderedDict()
        self._sweeper = asyncio.create_task(self._sweep(), name="connection sweeper")

    async def take_place(self, target: Target) -> None:
        """Wait for a place at this host."""
        host = self._hosts.get(target)
        if host is None:
            host = self._hosts[target] = _Host(asyncio.Semaphore(self._limit))
        host.users += 1
        try:
            await host.places.acquire()
        except BaseException:
            host.users -= 1
            raise

    def give_place(self, target: Target, connection: Connection | None) -> None:
        """Leave the place; a connection that can be used again is kept."""
        host = self._hosts[target]
        host.users -= 1
        if connection is not None:
            if connection.usable and connection.transactions < MESSAGES_A_CONNECTION:
                host.idle.append((time.monotonic(), connection))
            else:
                connection.close()
        host.places.release()

    def kept(self, target: Target) -> Connection | None:
        """Give a kept connection that can still be used, the warmest first; None for none."""
        idle = self._hosts[target].idle
        while idle:
            _, connection = idle.pop()
            if connection.usable:
                return connection
        return None

    def fresh(self, target: Target) -> Connection:
        """Make a connection, still to be opened."""
        return Connection(target, self._helo, self._context)

    async def close(self) -> None:
        """Close every kept connection."""
        self._sweeper.cancel()
        for host in self._hosts.values():
            for _, connection in host.idle:
                connection.close()
        self._hosts.clear()
        await asyncio.sleep(0)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._close_old(time.monotonic() - KEPT_SECONDS)

    def _close_old(self, before: float) -> None:
        for target, host in list(self._hosts.items()):
            old = [one for since, one in host.idle if since < before]
            host.idle = [(since, one) for since, one in host.idle if since >= before]
            for connection in old:
                connection.close()
            if not host.users and not host.idle:
                del self._hosts[target]
