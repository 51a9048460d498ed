"""The asyncio side of SMTP sessions: order, time, memory, and how they end."""

import asyncio
from pathlib import Path

import pytest

from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.wire.http.limits import Limits
from pillarbox.wire.smtp import room
from pillarbox.wire.smtp.certificates import load_context
from pillarbox.wire.smtp.session import SessionLimits
from tests.peers.certificate import write_certificate
from tests.wire.smtp_listener import ENVELOPE, LETTER, listening


async def test_a_transaction_in_one_go_is_answered_step_by_step(tmp_path: Path) -> None:
    async with listening(tmp_path) as server:
        client = await server.connect()
        chunk = b"BDAT %d LAST\r\n" % len(LETTER) + LETTER
        client.send(ENVELOPE + chunk + b"QUIT\r\n")
        heard = await client.rest()
        await client.close()
    assert [line[:4] for line in heard.splitlines() if line[3:4] == b" "] == [
        *(b"220 ", b"250 ", b"250 ", b"250 ", b"250 ", b"221 ")
    ]
    assert [one.content for one in server.owner.messages] == [LETTER]
    assert server.owner.source_ip == "127.0.0.1"


async def test_a_client_that_closes_its_side_still_hears_the_answers(tmp_path: Path) -> None:
    async with listening(tmp_path) as server:
        client = await server.connect()
        client.send(ENVELOPE + b"BDAT 0 LAST\r\n")
        client.writer.write_eof()
        assert (await client.rest()).endswith(b"250 Ok 1\r\n")
        await client.close()


async def test_what_fails_is_answered_451_and_the_session_goes_on(tmp_path: Path) -> None:
    async with listening(tmp_path) as server:
        server.owner.fails = True
        client = await server.connect()
        client.send(b"EHLO me\r\nMAIL FROM:<a@b.test>\r\nNOOP\r\n")
        replies = [await client.reply() for _ in range(4)]
        await client.close()
    assert replies[2:] == ["451 Temporary service failure", "250 Ok"]


async def test_one_session_too_many_is_told_so(tmp_path: Path) -> None:
    async with listening(tmp_path, sessions=2) as server:
        first, second = await server.connect(), await server.connect()
        assert (await first.reply()).startswith("220 ")
        assert (await second.reply()).startswith("220 ")
        third = await server.connect()
        assert await third.rest() == b"421 Too many concurrent SMTP connections\r\n"
        first.send(b"QUIT\r\n")
        await first.rest()
        fourth = await server.connect()
        assert (await fourth.reply()).startswith("220 ")
        for client in (first, second, third, fourth):
            await client.close()


def let_pass(seconds: float) -> None:
    """Put the clock of the running loop on: so much later, whatever the machine does meanwhile."""
    loop = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]


async def test_an_idle_session_is_ended(tmp_path: Path) -> None:
    async with listening(tmp_path, limits=SessionLimits(idle=0.05)) as server:
        client = await server.connect()
        heard = await client.rest()
        await client.close()
    assert heard.endswith(b"451 Timeout waiting for data from client.\r\n")


async def test_who_does_not_log_in_may_not_stay_by_talking(tmp_path: Path) -> None:
    policy = ServerPolicy(
        host="mx.test", authenticate=True, auth_in_clear=True, max_commands=1_000_000
    )
    async with listening(tmp_path, policy=policy, limits=SessionLimits(idle=1000)) as server:
        client = await server.connect()
        await client.reply()
        let_pass(500)
        client.send(b"NOOP\r\n")  # it would put off the end of a user's session
        assert await client.reply() == "250 Ok"
        let_pass(500)
        heard = await client.reply()
        await client.close()
    assert heard == "451 Timeout waiting for data from client."


async def test_a_message_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    async with listening(tmp_path, limits=SessionLimits(message=0.3)) as server:
        client = await server.connect()
        await client.begin()
        reading = asyncio.ensure_future(client.rest())
        while not reading.done():  # never idle, and never at an end
            client.send(b"x")
            await asyncio.wait([reading], timeout=0.02)
        await client.close()
    assert reading.result() == b"451 Timeout waiting for data from client.\r\n"
    assert not server.owner.messages


async def test_time_that_we_take_is_not_the_clients(tmp_path: Path) -> None:
    async with listening(tmp_path, limits=SessionLimits(idle=1000)) as server:
        server.owner.gate.clear()
        client = await server.connect()
        await client.begin()
        client.send(LETTER + b".\r\n")
        await server.owner.asked.wait()
        for _ in range(3):
            let_pass(1000)
            await asyncio.sleep(0)  # what is due then is done
            await asyncio.sleep(0)
        server.owner.gate.set()
        assert await client.reply() == "250 Ok 1"
        await client.close()
    assert len(server.owner.messages) == 1


async def test_stopping_ends_idle_sessions_and_lets_a_transaction_finish(tmp_path: Path) -> None:
    async with listening(tmp_path) as server:
        idle, busy = await server.connect(), await server.connect()
        await idle.reply()
        await busy.begin()
        stopping = asyncio.ensure_future(server.listener.stop(60))
        assert await idle.rest() == b"421 Service shutting down, try again\r\n"
        busy.send(LETTER + b".\r\n")
        assert await busy.rest() == b"250 Ok 1\r\n421 Service shutting down, try again\r\n"
        await stopping
        with pytest.raises(ConnectionError):
            await server.connect()
        for client in (idle, busy):
            await client.close()


async def test_a_transaction_that_does_not_end_is_cut_off_after_the_grace(tmp_path: Path) -> None:
    async with listening(tmp_path) as server:
        client = await server.connect()
        await client.begin()
        await server.listener.stop(0.05)
        assert await client.reader.read() == b""
        await client.close()


# Memory.

SMALL = Limits(budget=300_000, large=200_000, patience=0.05)


async def test_a_message_without_room_in_memory_is_put_off(tmp_path: Path) -> None:
    async with listening(tmp_path, budget=SMALL) as server, server.budget.room(290_000):
        client = await server.connect()
        await client.reply()
        client.send(ENVELOPE + b"DATA\r\nNOOP\r\n")
        replies = [await client.reply() for _ in range(5)]
        await client.close()
    assert replies[3:] == ["451 Temporary service failure", "250 Ok"]


async def test_a_client_that_declares_little_waits_for_more_room_only_a_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "GROW_SECONDS", 0.05)
    patient = Limits(budget=300_000, large=200_000, patience=60)
    async with listening(tmp_path, budget=patient) as server, server.budget.room(100_000):
        client = await server.connect()
        await client.begin()
        client.send(b"x" * 400_000)
        assert await client.reply() == "451 Temporary service failure"
        await client.close()
    assert not server.owner.messages


async def test_room_is_given_back_whatever_becomes_of_the_session(tmp_path: Path) -> None:
    async with listening(tmp_path, budget=Limits(budget=300_000, patience=60)) as server:
        for ending in (LETTER + b".\r\nQUIT\r\n", b"half a message"):
            client = await server.connect()
            await client.begin()
            client.send(ending)
            await client.writer.drain()
            if b"QUIT" in ending:
                await client.rest()
            await client.close()
        async with server.budget.room(300_000):
            pass


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (b"x" * 3_000_001 + b"\r\n.\r\n", "552"),
        (b"a lone\nLF\r\n.\r\n", "554"),
        (LETTER + b".\r\n", "250"),
    ],
    ids=["too long", "refused", "taken"],
)
async def test_room_is_given_back_while_the_session_goes_on(
    tmp_path: Path, ending: bytes, code: str
) -> None:
    async with listening(tmp_path, budget=Limits(budget=5_000_000, patience=60)) as server:
        client = await server.connect()
        await client.begin()
        client.send(ending)
        assert (await client.reply()).startswith(code)
        async with server.budget.room(5_000_000):
            client.send(b"NOOP\r\n")
            assert await client.reply() == "250 Ok"
        await client.close()


async def test_room_for_chunks_is_given_back_when_the_client_gives_up(tmp_path: Path) -> None:
    async with listening(tmp_path, budget=Limits(budget=5_000_000, patience=60)) as server:
        client = await server.connect()
        await client.reply()
        client.send(ENVELOPE + b"BDAT 5\r\nabc\r\nRSET\r\n")
        assert [(await client.reply())[:3] for _ in range(5)] == ["250"] * 5
        async with server.budget.room(5_000_000):
            pass
        await client.close()


@pytest.mark.parametrize("sent", [b"", b"not a handshake", b"\x16\x03\x01\x02\x00"])
@pytest.mark.parametrize("reset", [False, True])
async def test_a_handshake_that_fails_ends_that_session_alone(
    tmp_path: Path, sent: bytes, *, reset: bool
) -> None:
    certificate = tmp_path / "cert.pem"
    write_certificate(certificate, "mx.test", 1)
    context = load_context(certificate, certificate)
    policy = ServerPolicy(host="mx.test", max_size=1000, tls=True)
    async with listening(tmp_path, policy=policy, starttls=lambda: context) as server:
        for waits in (False, True):
            client = await server.connect()
            client.send(b"EHLO me\r\nSTARTTLS\r\n")
            if waits:
                for _ in range(3):
                    assert (await client.reply())[:3] in {"220", "250"}
            client.send(sent)
            if reset:
                client.reset()
            await client.close()
        other = await server.connect()
        other.send(b"QUIT\r\n")
        assert (await other.rest()).endswith(b"221 Bye\r\n")
        await other.close()
