"""Connections of clients that are odd: half closed, too many, upgrading, sending ahead."""

import asyncio
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.page import PageAnswer, PageRequest
from pillarbox.track import listener, site
from pillarbox.track.client_ip import TrustedProxies
from tests.track.serving import answered, serving
from tests.track.tokens import HOST, TARGET, click

REQUEST = f"GET {click()} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


async def test_who_has_closed_its_half_still_gets_the_answer():
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        held: asyncio.Queue = asyncio.Queue()
        server.site._keep = lambda _payload, done: held.put_nowait(done)
        writer.write(REQUEST)
        writer.write_eof()
        done = await held.get()
        await asyncio.sleep(0)  # the end of the client's half comes in
        done()
        assert answered(await reader.read()).headers["location"] == TARGET
        writer.close()


async def test_an_answer_waits_until_the_journal_has_it():
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        held: asyncio.Queue = asyncio.Queue()
        server.site._keep = lambda _payload, done: held.put_nowait(done)
        home = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
        writer.write(REQUEST + home)
        done = await held.get()
        assert reader._buffer == b""
        done()
        data = await reader.read()
        assert [part[:3] for part in data.split(b"HTTP/1.1 ")[1:]] == [b"302", b"200"]
        writer.close()


async def test_a_client_that_is_gone_before_its_answer_has_clicked_all_the_same():
    async with serving() as server:
        held: asyncio.Queue = asyncio.Queue()
        server.site._keep = lambda _payload, done: held.put_nowait(done)
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        done = await held.get()
        writer.transport.abort()
        await asyncio.sleep(0)
        done()
        assert server.counted == ["click"]


async def test_one_connection_too_many_is_closed(monkeypatch):
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 1)
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        assert (await reader.readline()).startswith(b"HTTP/1.1 302")
        assert await server.send(b"") == b""
        writer.close()


async def test_no_other_protocol_is_spoken():
    async with serving() as server:
        upgrade = REQUEST[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        assert answered(await server.send(upgrade + b"\x81\x00")).status == 302
        assert answered(await server.send(b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")).status in {
            400,
            405,
        }


async def test_more_requests_than_may_be_sent_ahead_are_all_answered():
    async with serving() as server:
        held: asyncio.Queue = asyncio.Queue()
        server.site._keep = lambda _payload, done: held.put_nowait(done)
        end = REQUEST[:-2] + b"Connection: close\r\n\r\n"
        sending = asyncio.create_task(server.send(REQUEST * 2000 + end))
        for _ in range(2001):
            (await held.get())()
        assert (await sending).count(b"HTTP/1.1 302") == 2001


async def test_a_body_in_chunks_reaches_a_page_whole():
    async def page(request: PageRequest) -> PageAnswer:
        return PageAnswer(body=request.body)

    async with serving() as server:
        server.site.add_pages({"/echo/": page})
        head = f"POST /echo/ HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n".encode()
        chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        assert answered(await server.send(head + chunks)).body == b"abcde"
        smuggled = b"Content-Length: 3\r\n" + chunks
        assert answered(await server.send(head + smuggled)).status == 400


async def test_pages_that_take_long_are_given_up_and_too_many_are_told_to_come_again(monkeypatch):
    monkeypatch.setattr(site, "PAGE_SECONDS", 0.01)
    monkeypatch.setattr(site, "MAX_PAGES", 1)

    async def page(_request: PageRequest) -> PageAnswer:
        await asyncio.Event().wait()
        return PageAnswer()

    async with serving() as server:
        server.site.add_pages({"/slow/": page})
        asked = await asyncio.gather(*(server.ask("/slow/") for _ in range(3)))
        assert [one.status for one in asked] == [503] * 3
        assert all(one.headers["retry-after"] for one in asked)


@pytest.mark.parametrize("peer", ["127.0.0.1", "", "nonsense", "::ffff:127.0.0.1"])
@given(st.text(max_size=60) | st.lists(st.ip_addresses().map(str)).map(", ".join))
def test_any_forwarded_text_gives_an_address_or_the_peer(peer, text):
    found = TrustedProxies(["127.0.0.0/8"]).client_ip(peer, text)
    if found != peer:
        ipaddress.ip_address(found)
