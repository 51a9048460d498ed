"""A real clamd over both kinds of socket: what it says of messages, and what follows when it
says nothing.
"""

import asyncio
import base64
import socket

import pytest

from pillarbox.base.errors import SettingsError
from pillarbox.proto.clamd import Clean, Failed, Found, TooLarge
from pillarbox.scan.clamd import Clamd
from tests.peers.clamd import CLAMD, SIGNATURE, STREAM_MAX, ClamdServer
from tests.peers.eicar import eicar
from tests.peers.wait import free_port

pytestmark = [
    pytest.mark.clamav,
    pytest.mark.skipif(CLAMD is None, reason="needs Debian's clamav-daemon"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ClamdServer(tmp_path_factory.mktemp("clamd")) as started:
        yield started


def mail(body: bytes, encoding: str = "7bit") -> bytes:
    """A mail with an attached file."""
    head = (
        "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n'
        'Content-Type: application/octet-stream; name="a.bin"\r\n'
        f"Content-Disposition: attachment\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n--b--\r\n"


@pytest.mark.parametrize("place", ["address", "socket"])
async def test_each_message_has_its_verdict(server, place):
    clamd = Clamd(str(getattr(server, place)), 60, 2)
    hidden = base64.encodebytes(eicar()).replace(b"\n", b"\r\n")
    verdicts = await asyncio.gather(
        clamd.scan(mail(b"harmless")),
        clamd.scan(mail(eicar())),
        clamd.scan(mail(hidden, "base64")),
        clamd.scan(mail(b"x" * (STREAM_MAX - 10_000))),
        clamd.scan(b""),
    )
    name = f"{SIGNATURE}.UNOFFICIAL"
    assert verdicts == [Clean(), Found(name), Found(name), Clean(), Clean()]
    assert await clamd.ping() is None


@pytest.mark.parametrize("size", [STREAM_MAX + 1, 20 * STREAM_MAX])
async def test_a_message_that_it_does_not_take_is_told_from_a_clean_one(server, size):
    verdict = await Clamd(server.address, 60, 1).scan(b"x" * size)
    assert verdict == TooLarge()


@pytest.mark.parametrize("place", ["127.0.0.1:{port}", "/nowhere/clamd.socket"])
async def test_a_daemon_that_is_not_there_has_said_nothing(place):
    clamd = Clamd(place.format(port=free_port()), 60, 1)
    assert isinstance(await clamd.scan(b"x"), Failed)
    assert str(await clamd.ping()).startswith("not reached")


@pytest.mark.parametrize("reply", [b"", b"stream: O", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_another_servers_answer_is_no_verdict(reply):
    async def serve(reader, writer):
        await reader.readuntil(b"\0")
        writer.write(reply)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert isinstance(await Clamd(f"127.0.0.1:{port}", 60, 1).scan(b"x"), Failed)


async def test_a_daemon_that_hangs_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        verdict = await Clamd(f"127.0.0.1:{port}", 0.05, 1).scan(b"x")
    assert verdict == Failed("no reply within 0.05 seconds")


@pytest.mark.parametrize("address", ["clamd", "host:", ":3310", "host:x"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(SettingsError, match=r"scan\.clamd must be host:port"):
        Clamd(address, 1, 1)
