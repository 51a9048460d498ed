"""A host that greylists is visited again when it said that greylisting ends, not a minute later."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.peers.dns_zone import DnsZone
from tests.peers.pillarbox import Pillarbox
from tests.peers.scripted_mx import Mx, ended
from tests.peers.senders import send_all
from tests.peers.wait import ARRIVAL_SECONDS, until

SAID_S = 2
#: The usual first retry comes so long after the first try at the earliest.
USUAL_S = 48


@dataclass
class Greylisting(Mx):
    """Refuses the first visit and those before `SAID_S` have passed."""

    first: float = 0.0
    visits: list[float] = field(default_factory=list)

    async def answer(self, writer, verb, usual):
        if verb == "RCPT":
            now = time.monotonic()
            self.first = self.first or now
            self.visits.append(now - self.first)
            if now - self.first < SAID_S:
                usual = f"450 4.2.0 Greylisted, try again in {SAID_S} seconds"
        elif verb == "DATA" and time.monotonic() - self.first < SAID_S:
            usual = "503 no recipients"
        await super().answer(writer, verb, usual)


async def test_the_second_visit_comes_when_greylisting_ends(tmp_path: Path) -> None:
    peer = Greylisting()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with DnsZone() as zone:
        zone.set("customer.test", "A", "127.0.0.1", ttl=3600)
        node = Pillarbox(tmp_path, zone, port, workers=1)
        try:
            await asyncio.to_thread(node.__enter__)
            await asyncio.to_thread(node.add_verified_domain, "shop.test")
            mail = node.send_request("orders@shop.test", "u@customer.test", "hello")
            assert await send_all(node.port, [mail], 1) == [200]
            await asyncio.to_thread(
                until, lambda: bool(peer.messages), ARRIVAL_SECONDS, "the second visit"
            )
        finally:
            await asyncio.to_thread(node.__exit__, None, None, None)
            await ended(peer, server)
    first, second = peer.visits
    assert SAID_S <= second - first < USUAL_S
