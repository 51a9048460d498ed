"""A domain with two scripted MX hosts, and the deliverer that reaches them over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from pillarbox.base.resolver import Answer
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.settings import DeliverSettings, Timeouts
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Outcome
from tests.peers.scripted_mx import Mx, ended
from tests.peers.wait import free_port

BOUND = 90.0
"""Seconds after which a test gives up; none comes near."""
LETTER = Envelope(return_path="b+1@bounce.example", recipient="you@there.example", size=18)
SECURE = replace(LETTER, tls_required=True)
CONTENT = (b"Subject: s\r\n\r\n", b".hi\r\n")
ADDRESSES = ("127.0.0.1", "127.0.0.2")
_S = 60.0  # not reached by a peer that answers, however long this process is kept waiting
TIMES = Timeouts(
    connect=_S, greeting=_S, command=_S, tls=_S, content_block=_S, final_dot=_S, goodbye=_S
)
OFFER = {"EHLO": "250-mx\r\n250 STARTTLS"}


class Dns:
    """One domain whose MX hosts are the scripted servers in order, each at its own address."""

    async def query(self, name: str, rdtype: str, /) -> Answer:
        if rdtype == "MX":
            return Answer("ok", tuple(f"{n}0 mx{n}.there.example" for n in (1, 2)))
        return Answer("ok", (ADDRESSES[int(name[2]) - 1],))


@dataclass
class World:
    """Two scripted MX hosts and a deliverer that knows them as there.example."""

    first: Mx
    second: Mx
    deliverer: MxDeliverer

    async def deliver(self, envelope: Envelope = LETTER) -> Outcome:
        async with asyncio.timeout(BOUND):
            return await self.deliverer.deliver(envelope, CONTENT)


@asynccontextmanager
async def world(
    first: Mx | None = None, second: Mx | None = None, **more: object
) -> AsyncIterator[World]:
    values: dict[str, object] = {"hello": "us.example", "smtp_port": free_port(), "timeouts": TIMES}
    values |= {"allow_private_destinations": True, "wait_s": _S, "hangs_s": _S, "idle_s": BOUND}
    values |= more
    here = World(
        first or Mx(),
        second or Mx(),
        MxDeliverer(Dns(), DeliverSettings(**values)),  # type: ignore[arg-type]
    )
    async with AsyncExitStack() as stack:
        for mx, address in zip((here.first, here.second), ADDRESSES, strict=True):
            server = await asyncio.start_server(mx.serve, address, values["smtp_port"])
            stack.push_async_callback(ended, mx, server)
        yield here
        async with asyncio.timeout(BOUND):
            await here.deliverer.close()
