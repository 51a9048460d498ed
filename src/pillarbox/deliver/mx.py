"""The last hop to the recipients' MX hosts: route, connect, transact.

Hosts are tried in the order of their preference while none has answered for the message; what a
host says of the recipient or the content is final for the attempt, and so is a connection lost
after the final dot.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from pillarbox.base.resolver import Resolver
from pillarbox.base.settings import Settings
from pillarbox.deliver.connection import Connection, Target, TlsHandshakeFailed
from pillarbox.deliver.pool import ConnectionPool
from pillarbox.deliver.route import Route, refused_address, route_of
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Attempt, Deferred, Failed, Outcome, Reply
from pillarbox.model.queued import Claim, Message
from pillarbox.proto.smtp_events import Finished, Tls

MAX_ADDRESSES = 2
_NO_TLS = "5.7.10 TLS is required and its handshake failed"


class MxHop:
    """Delivers to MX hosts over kept connections."""

    def __init__(self, settings: Settings, resolver: Resolver, helo: str) -> None:
        self._settings = settings
        self._resolver = resolver
        self._pool = ConnectionPool(helo, settings.deliver.connections_per_destination)

    async def deliver(
        self, claim: Claim, message: Message, envelope: Envelope, content: Sequence[bytes]
    ) -> Outcome:
        """Deliver one message to one recipient."""
        del claim, message  # an MX host is told the envelope, nothing else
        domain = envelope.recipient.rpartition("@")[2]
        route = route_of(domain, await self._resolver.query(domain, "MX"), _shuffled)
        if not isinstance(route, Route):
            return route
        last: Outcome | None = None
        for host in route.hosts:
            outcome, answered = await self._try_host(host, envelope, content)
            if answered:
                return outcome
            last = _hopeful(last, outcome)
        return last or Deferred(Reply(451, f"4.4.4 No host takes mail for {domain}", "4.4.4"))

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def _try_host(
        self, host: str, envelope: Envelope, content: Sequence[bytes]
    ) -> tuple[Outcome, bool]:
        """Try a host's addresses; tell whether one of them has answered for the message."""
        answer = await self._resolver.query(host, "A")
        if answer.status != "ok":
            return _no_address(host, answer.status, answer.detail), False
        outcome: Outcome = _no_address(host, "nodata", "")
        for address in answer.records[:MAX_ADDRESSES]:
            allow = self._settings.network.allow_private_destinations
            refused = refused_address(address, allow_private=allow)
            if refused is not None:
                outcome = _hopeful(outcome, refused)
                continue
            tls = Tls.REQUIRED if envelope.tls_required else Tls.OFFERED
            target = Target(host, address, self._settings.deliver.smtp_port, tls)
            tried, answered = await self._try_address(target, envelope, content)
            if answered:
                return tried, True
            outcome = _hopeful(outcome, tried)
        return outcome, False

    async def _try_address(
        self, target: Target, envelope: Envelope, content: Sequence[bytes]
    ) -> tuple[Outcome, bool]:
        await self._pool.take_place(target)
        connection: Connection | None = None
        try:
            connection = self._pool.kept(target)
            if connection is not None:
                finished = await connection.transact(envelope, content)
                if not finished.untried:
                    return finished.outcome, True
            connection, refused = await self._open(target)
            if connection is None:
                return refused or _no_address(target.host, "nodata", ""), False
            finished = await connection.transact(envelope, content)
            return finished.outcome, _answered(finished)
        finally:
            self._pool.give_place(target, connection)

    async def _open(self, target: Target) -> tuple[Connection | None, Outcome | None]:
        """Open a connection; without TLS when the handshake fails and nobody asked for it."""
        connection = self._pool.fresh(target)
        try:
            refused = await connection.open()
        except TlsHandshakeFailed as error:
            if target.tls is Tls.REQUIRED:
                attempt = Attempt(host=target.host, address=target.address)
                return None, Failed(Reply(554, f"{_NO_TLS}: {error}", "5.7.10"), attempt)
            return await self._open(replace(target, tls=Tls.NEVER))
        return (None, refused) if refused is not None else (connection, None)


def _answered(finished: Finished) -> bool:
    """Tell whether a host has said something of the message, or may have taken it."""
    return not isinstance(finished.outcome, Deferred) or finished.outcome.reply.enhanced != "4.4.2"


def _hopeful(before: Outcome | None, outcome: Outcome) -> Outcome:
    """Keep a temporary outcome over a final one that comes later: the host that is down may be back
    tomorrow, whatever is wrong with the others.
    """
    return before if isinstance(before, Deferred) and isinstance(outcome, Failed) else outcome


def _no_address(host: str, status: str, detail: str) -> Outcome:
    if status == "trouble":
        return Deferred(Reply(451, f"4.4.3 DNS for {host}: {detail}", "4.4.3"))
    return Failed(Reply(550, f"5.4.4 {host} has no address", "5.4.4"))


def _shuffled(hosts: Sequence[str]) -> list[str]:
    return random.sample(hosts, len(hosts))
