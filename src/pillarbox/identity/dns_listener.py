"""Our authoritative DNS listener: UDP and TCP on the node's DNS address, one zone.

Takes queries; hands them to `proto/dns/answer.py` with what the store knows. Queries outside the
zone cost no look-up.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.identity.dkim_keys import is_token
from pillarbox.identity.names import ServiceNames
from pillarbox.identity.records import quoted_txt
from pillarbox.proto.dns.answer import (
    ZoneRecord,
    answer_query,
    parse_query,
    question_name,
    soa_record,
    to_wire,
    trouble,
)

#: Finds the TXT record of a DKIM token.
FindToken = Callable[[str], Awaitable[str | None]]

TCP_SECONDS = 10.0
MAX_TCP_QUERIES = 100
MAX_PENDING = 1000
_log = logging.getLogger(__name__)


class DnsListener:
    """Answers for the service's zone."""

    def __init__(self, names: ServiceNames, find_token: FindToken) -> None:
        self._names = names
        self._find_token = find_token
        self._static = _static_records(names)
        self._pending: set[asyncio.Task[None]] = set()
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None

    async def start(self, udp: socket.socket, tcp: socket.socket) -> None:
        """Answer on these bound sockets."""
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), sock=udp)
        self._tcp = await asyncio.start_server(self._serve_tcp, sock=tcp)

    def close(self) -> None:
        """Answer no more."""
        for task in self._pending:
            task.cancel()
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()

    async def answer(self, wire: bytes, *, udp: bool) -> bytes | None:
        """Answer one query; None when no answer is owed, or none can be given now."""
        query = parse_query(wire)
        if query is None:
            return None
        name = question_name(query)
        try:
            found = await self._records(name)
        except ServiceUnavailable:
            return to_wire(trouble(query), query, udp=udp)
        response = answer_query(
            query, self._names.domain, found, exists=bool(found) or self._has_names_below(name)
        )
        return to_wire(response, query, udp=udp)

    def datagram(self, wire: bytes, sender: tuple[str, int]) -> None:
        """Answer a query that came over UDP; more than we can hold are left to be asked again."""
        if len(self._pending) < MAX_PENDING:
            task = asyncio.create_task(self._answer_datagram(wire, sender))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

    async def _answer_datagram(self, wire: bytes, sender: tuple[str, int]) -> None:
        answer = await self.answer(wire, udp=True)
        if answer is not None and self._udp is not None:
            self._udp.sendto(answer, sender)

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for _ in range(MAX_TCP_QUERIES):
                async with asyncio.timeout(TCP_SECONDS):
                    length = int.from_bytes(await reader.readexactly(2), "big")
                    wire = await reader.readexactly(length)
                    answer = await self.answer(wire, udp=False)
                    if answer is None:
                        return
                    writer.write(len(answer).to_bytes(2, "big") + answer)
                    await writer.drain()
        except (asyncio.IncompleteReadError, TimeoutError, OSError):
            return
        finally:
            writer.close()

    async def _records(self, name: str) -> list[ZoneRecord]:
        token, _, rest = name.partition(".")
        if rest in {self._names.dkim_zone, self._names.own_key_zone}:
            if not is_token(token):
                return []  # no name of ours looks so: not worth asking the store
            value = await self._find_token(token)
            return [ZoneRecord(name, "TXT", quoted_txt(value))] if value else []
        return [one for one in self._static if one.name == name]

    def _has_names_below(self, name: str) -> bool:
        """Tell whether a name without records stands above some: it exists, but has no data."""
        zones = [self._names.dkim_zone, self._names.own_key_zone]
        names = [one.name for one in self._static] + zones
        return any(one == name or one.endswith(f".{name}") for one in names)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, listener: DnsListener) -> None:
        self._listener = listener

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._listener.datagram(data, addr)


def _static_records(names: ServiceNames) -> list[ZoneRecord]:
    zone = names.domain
    return [
        soa_record(zone),
        ZoneRecord(zone, "NS", f"ns.{zone}."),
        ZoneRecord(names.bounce_domain, "MX", f"10 {names.helo}."),
        ZoneRecord(names.bounce_domain, "TXT", quoted_txt(f"v=spf1 a:{names.helo} -all")),
    ]
