"""Kept connections over real sockets: reused, replaced when the server closed them, bounded."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from pillarbox.model.outcome import Deferred, Delivered, Failed, Outcome, Unknown
from tests.e2e.mx_world import BOUND, LETTER, OFFER, SECURE, world
from tests.peers.scripted_mx import HANG_UP, HungUp, Mx


async def test_messages_one_after_the_other_share_a_connection() -> None:
    async with world() as here:
        for _ in range(5):
            assert isinstance(await here.deliver(), Delivered)
    assert here.first.connections == 1
    assert len(here.first.messages) == 5


async def test_a_connection_is_kept_after_a_refused_recipient() -> None:
    async with world(Mx({"RCPT": "550 5.1.1 no"})) as here:
        for _ in range(3):
            assert isinstance(await here.deliver(), Failed)
    assert here.first.connections == 1
    assert here.first.verbs.count("RSET") == 2


async def test_a_connection_is_given_up_after_its_share_of_messages() -> None:
    async with world(messages_per_connection=2) as here:
        for _ in range(5):
            assert isinstance(await here.deliver(), Delivered)
    assert here.first.connections == 3


async def test_secured_and_plain_connections_are_kept_apart(server_tls: ssl.SSLContext) -> None:
    async with world(Mx(OFFER, server_tls)) as here:
        await here.deliver(LETTER)
        await here.deliver(SECURE)
    assert here.first.connections == 2


async def test_a_kept_connection_that_the_server_closed_is_replaced() -> None:
    async with world(Mx(hang_up_when_idle=True)) as here:
        for _ in range(3):
            assert isinstance(await here.deliver(), Delivered)
    assert here.first.connections == 3
    assert here.second.connections == 0


@dataclass
class Forgetful(Mx):
    """Says 421 to, or hangs up on, each second message of a session, when it sees MAIL."""

    parting: str = HANG_UP
    taken: int = 0

    async def answer(self, writer: asyncio.StreamWriter, verb: str, usual: str) -> None:
        if verb == "connect":
            self.taken = 0
        self.taken += verb == "MAIL"
        if verb == "MAIL" and self.taken > 1:
            writer.write(self.parting.encode())
            raise HungUp
        await super().answer(writer, verb, usual)


@pytest.mark.parametrize("parting", [HANG_UP, "421 4.3.2 too idle\r\n"])
async def test_a_kept_connection_that_ends_at_mail_is_replaced_within_the_attempt(
    parting: str,
) -> None:
    async with world(Forgetful(parting=parting)) as here:
        for _ in range(3):
            assert isinstance(await here.deliver(), Delivered)
    assert here.first.connections == 3
    assert len(here.first.messages) == 3
    assert here.second.connections == 0


async def held(mx: Mx, connections: int) -> None:
    """Wait until that many connections have come."""
    async with asyncio.timeout(BOUND):
        for _ in range(connections):
            await mx.arrivals.acquire()


def many(count: int, deliver: Callable[[], Awaitable[Outcome]]) -> list[asyncio.Task[Outcome]]:
    async def once() -> Outcome:
        return await deliver()

    return [asyncio.create_task(once()) for _ in range(count)]


@pytest.mark.parametrize(
    "limit", [{"connections_per_destination": 3}, {"connections": 3}], ids=["host", "all"]
)
async def test_connections_are_bounded_and_who_waits_is_served(limit: dict[str, int]) -> None:
    gate = asyncio.Event()
    async with world(Mx(gate=gate), **limit) as here:
        deliveries = many(12, here.deliver)
        await held(here.first, 3)
        gate.set()
        async with asyncio.timeout(BOUND):
            outcomes = await asyncio.gather(*deliveries)
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert len(here.first.messages) == 12
    assert here.first.most == here.first.connections == 3


async def test_who_waits_gets_the_room_of_a_connection_that_broke() -> None:
    gate = asyncio.Event()
    first = Mx({"content": HANG_UP}, gate=gate)
    async with world(first, connections_per_destination=2) as here:
        deliveries = many(6, here.deliver)
        await held(first, 2)
        gate.set()
        async with asyncio.timeout(BOUND):
            outcomes = await asyncio.gather(*deliveries)
    assert all(isinstance(outcome, Unknown) for outcome in outcomes)
    assert (first.connections, len(first.messages)) == (6, 6)


async def test_who_finds_no_room_in_time_is_deferred() -> None:
    gate = asyncio.Event()
    async with world(
        Mx(gate=gate), connections_per_destination=1, wait_s=0.05, max_hosts=1
    ) as here:
        (delivery,) = many(1, here.deliver)
        await held(here.first, 1)
        refused = await here.deliver()
        gate.set()
        async with asyncio.timeout(BOUND):
            assert isinstance(await delivery, Delivered)
    assert isinstance(refused, Deferred)
    assert refused.reply.enhanced == "4.4.5"
    assert here.first.connections == 1


async def test_a_cancelled_delivery_gives_its_room_back() -> None:
    gate = asyncio.Event()
    async with world(Mx(gate=gate), connections_per_destination=1) as here:
        (delivery,) = many(1, here.deliver)
        await held(here.first, 1)
        delivery.cancel()
        await asyncio.wait([delivery], timeout=BOUND)
        assert delivery.cancelled()
        gate.set()
        assert isinstance(await here.deliver(), Delivered)
