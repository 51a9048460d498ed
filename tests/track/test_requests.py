"""Requests to the tracking host, over real connections: a table of what is answered and kept."""

import asyncio
import contextlib

import pytest

from pillarbox.model.page import PageAnswer, PageRequest
from pillarbox.model.tracking import TokenKey
from pillarbox.track import connection, listener
from tests.track.serving import Answered, answered, serving
from tests.track.tokens import HOST, MESSAGE, TARGET, click, pixel

OTHER_KEY = TokenKey(7, b"other" * 6)
UNKNOWN_KEY = TokenKey(8, b"k" * 32)
LONG = "https://example.com/" + "x" * 1300


async def test_a_pixel_is_43_bytes_that_nobody_keeps():
    async with serving() as server:
        answer = await server.ask(pixel(position=2), "User-Agent: Mail/1")
        assert (answer.status, len(answer.body)) == (200, 43)
        assert answer.body.startswith(b"GIF89a\x01\x00\x01\x00")
        assert answer.headers["content-type"] == "image/gif"
        assert "no-store" in answer.headers["cache-control"]
        assert "set-cookie" not in answer.headers
        (kept,) = server.kept
        assert (kept.message_id, kept.position, kept.link) == (MESSAGE, 2, None)
        assert (kept.user_agent, kept.ip, kept.head) == ("Mail/1", "127.0.0.1", False)


@pytest.mark.parametrize(
    "target",
    [TARGET, "http://example.com", LONG, "https://[2001:db8::1]:8443/%e4?a=b|c{d}", "HTTPS://E.X/"],
)
async def test_a_link_leads_to_the_exact_target(target):
    async with serving() as server:
        answer = await server.ask(click(target, link=3))
        assert (answer.status, answer.headers["location"]) == (302, target)
        assert "no-store" in answer.headers["cache-control"]
        assert "set-cookie" not in answer.headers
        (kept,) = server.kept
        assert (kept.link, kept.target) == (3, target)


@pytest.mark.parametrize("path", [pixel(), click()])
async def test_head_says_the_same_without_a_body_and_is_kept_as_head(path):
    async with serving() as server:
        get, head = await server.ask(path), await server.ask(path, method="HEAD")
        assert head == Answered(get.status, head.headers, b"")
        assert head.headers == get.headers | {"date": head.headers["date"]}
        assert [one.head for one in server.kept] == [False, True]


@pytest.mark.parametrize(
    "path",
    [
        click()[:-1],
        click() + "A",
        click()[:20] + ("A" if click()[20] != "A" else "B") + click()[21:],
        click(key=OTHER_KEY),
        click(key=UNKNOWN_KEY),
        click(host="email.example.org"),
        pixel(host="email.example.org"),
        click().replace("/c/", "/o/"),
        pixel().replace("/o/", "/c/"),
        click() + "/",
        "/c/",
        "/c",
        "/o/",
        "/c/" + "A" * 2000,
        "/c/https://evil.example/",
        "/c/%0d%0aLocation:%20https://evil.example/",
        "/zz",
        "//evil.example/",
        "/robots.txt/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_no_token_of_ours_is_404_and_leads_nowhere(path, method):
    async with serving() as server:
        answer = await server.ask(path, method=method)
        assert answer.status == 404
        assert "location" not in answer.headers
        assert server.kept == []


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}:80", f"{HOST}:443", f"{HOST}."])
async def test_a_host_is_the_same_in_every_spelling(host):
    async with serving() as server:
        assert (await server.ask(click(), host=host)).status == 302


@pytest.mark.parametrize("host", [f"{HOST}:8080", f"a.{HOST}", "", "example.com", f"{HOST}@x"])
async def test_another_host_is_another_host(host):
    async with serving() as server:
        assert (await server.ask(click(), host=host)).status == 404


async def test_the_port_belongs_to_the_host():
    async with serving() as server:
        path = click(host="127.0.0.1:8026")
        assert (await server.ask(path, host="127.0.0.1:8026")).status == 302
        assert (await server.ask(path, host="127.0.0.1")).status == 404


@pytest.mark.parametrize("start", [f"http://{HOST}", f"HTTPS://{HOST.upper()}", f"http://u@{HOST}"])
async def test_an_absolute_target_names_the_host(start):
    async with serving() as server:
        assert (await server.ask(start + click(), host="proxy.example")).status == 302
        assert (await server.ask(start + "x" + click())).status == 404


async def test_a_query_behind_the_token_does_not_break_the_link():
    async with serving() as server:
        answer = await server.ask(click() + "?utm_source=app&fbclid=1")
        assert answer.headers["location"] == TARGET


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", [pixel(), click(), "/", "/robots.txt", "/zz"])
async def test_other_methods_are_refused(method, path):
    async with serving() as server:
        answer = await server.ask(path, "Content-Length: 0", method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
        assert server.kept == []


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("/", "text/html; charset=utf-8", b"Mail links"),
        ("/robots.txt", "text/plain", b"Disallow: /\n"),
        ("/favicon.ico", "image/gif", b"GIF89a"),
    ],
)
async def test_what_browsers_and_crawlers_ask_for_is_there(path, kind, words):
    async with serving() as server:
        answer = await server.ask(path)
        assert (answer.status, answer.headers["content-type"]) == (200, kind)
        assert words in answer.body
        assert server.kept == []


@pytest.mark.parametrize(
    ("header", "prefetch"),
    [
        ("Purpose: prefetch", True),
        ("Sec-Purpose: prefetch;prerender", True),
        ("X-Purpose: preview", True),
        ("X-moz: prefetch", True),
        ("Sec-Purpose: none", False),
        ("X-Other: prefetch", False),
    ],
)
async def test_a_prefetch_is_kept_as_one(header, prefetch):
    async with serving() as server:
        await server.ask(click(), header)
        assert [one.prefetch for one in server.kept] == [prefetch]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nBroken header\r\n\r\n", 400),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40_000, 431),
        (b"POST /page/ HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000, 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
    ],
)
async def test_requests_that_are_wrong_or_too_large_are_refused_and_the_connection_ends(
    request_bytes, status
):
    async with serving() as server:
        answer = answered(await server.send(request_bytes))
        assert answer.status == status
        assert answer.headers["connection"] == "close"


async def test_a_refused_client_that_goes_on_sending_still_reads_why():
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = f"POST /page/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 9000000\r\n\r\n"
        writer.write(head.encode() + bytes(9_000_000))
        await writer.drain()  # a connection closed beside unread bytes would be reset here
        assert answered(await reader.read()).status == 413
        writer.close()


async def test_a_refused_client_that_stays_is_let_go(monkeypatch):
    monkeypatch.setattr(connection, "LINGER_SECONDS", -1.0)
    monkeypatch.setattr(listener, "SWEEP_SECONDS", 0.01)
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"nonsense\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert answered(await reader.read()).status == 400
        while server.listener._connections:
            await server.listener._none_left.wait()
        writer.close()


async def test_a_connection_is_kept_and_answers_come_in_order():
    async with serving() as server:
        one = f"GET {click()} HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
        two = f"GET {pixel()} HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
        end = f"HEAD / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
        data = await server.send((one + two + one * 40 + end).encode())
        statuses = [part[:3] for part in data.split(b"HTTP/1.1 ")[1:]]
        assert statuses == [b"302", b"200", *[b"302"] * 40, b"200"]
        assert len(server.kept) == 42


async def test_http_1_0_keeps_a_connection_that_asks_for_it():
    async with serving() as server:
        kept = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        data = await server.send(kept + b"GET /robots.txt HTTP/1.0\r\n\r\n")
        assert data.count(b"HTTP/1.1 200") == 2
        assert data.count(b"Connection: keep-alive") == 1


async def test_a_request_that_comes_octet_by_octet_is_one_request():
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        request = f"GET {click()} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
        for octet in request:
            writer.write(bytes((octet,)))
            await writer.drain()
        assert answered(await reader.read()).headers["location"] == TARGET
        writer.close()


async def test_who_takes_too_long_is_let_go(monkeypatch):
    monkeypatch.setattr(listener, "SWEEP_SECONDS", 0.01)
    monkeypatch.setattr(connection, "HEAD_SECONDS", -1.0)
    monkeypatch.setattr(connection, "IDLE_SECONDS", -1.0)
    async with serving() as server:
        assert await server.send(b"GET / HTTP/1.1\r\nHost:") == b""
        idle = await server.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert idle == b"" or answered(idle).status == 200


async def test_pages_of_others_are_asked_with_their_body_and_guarded():
    asked: list[PageRequest] = []

    async def page(request: PageRequest) -> PageAnswer:
        asked.append(request)
        return PageAnswer(body=b"<p>done</p>", location="/verify/\r\nSet-Cookie: a=b")

    async with serving() as server:
        server.site.add_pages({"/verify/": page})
        head = f"POST /verify/x?y=z HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n"
        answer = answered(await server.send(f"{head}Content-Length: 5\r\n\r\nhello".encode()))
        assert (answer.status, answer.body) == (200, b"<p>done</p>")
        assert answer.headers["location"] == "/verify/%0D%0ASet-Cookie:%20a=b"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in answer.headers["cache-control"]
        assert (await server.ask("/verify/x", method="PUT")).status == 405
        (one,) = asked
        assert (one.method, one.path, one.query) == ("POST", "/verify/x", "y=z")
        assert (one.body, one.host, one.client_ip) == (b"hello", HOST, "127.0.0.1")


async def test_a_page_that_fails_is_an_error_of_ours(caplog):
    async def page(_request: PageRequest) -> PageAnswer:
        raise ValueError("secret")

    async with serving() as server:
        server.site.add_pages({"/verify/": page})
        answer = await server.ask("/verify/x")
        assert (answer.status, b"secret" in answer.body) == (500, False)
        assert "a page failed" in caplog.text


@pytest.mark.parametrize(
    ("trusted", "header", "ip"),
    [
        ((), "X-Forwarded-For: 192.0.2.9", "127.0.0.1"),
        (("127.0.0.0/8",), "X-Forwarded-For: 192.0.2.9", "192.0.2.9"),
        (("127.0.0.0/8",), "X-Forwarded-For: 1.1.1.1, 192.0.2.9, 127.0.0.3", "192.0.2.9"),
        (("127.0.0.0/8",), "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 192.0.2.9", "192.0.2.9"),
        (("127.0.0.0/8",), "X-Forwarded-For: 192.0.2.9:4711", "192.0.2.9"),
        (("127.0.0.0/8",), "X-Forwarded-For: [2001:db8::1]:4711", "2001:db8::1"),
        (("127.0.0.0/8",), "X-Forwarded-For: 192.0.2.9, unknown", "127.0.0.1"),
        (("127.0.0.0/8",), "X-Forwarded-For: 127.0.0.5, 127.0.0.6", "127.0.0.5"),
    ],
)
async def test_forwarded_addresses_are_believed_from_trusted_proxies_only(trusted, header, ip):
    async with serving(trusted=trusted) as server:
        await server.ask(click(), header)
        assert [one.ip for one in server.kept] == [ip]


async def test_a_trusted_proxy_may_say_which_host_was_asked():
    forwarded = f"X-Forwarded-Host: {HOST}"
    async with serving(trusted=["127.0.0.1"]) as server:
        assert (await server.ask(click(), forwarded, host="origin.example")).status == 302
    async with serving() as server:
        assert (await server.ask(click(), forwarded, host="origin.example")).status == 404


async def test_a_page_is_told_the_host_that_a_trusted_proxy_says():
    async def page(request: PageRequest) -> PageAnswer:
        return PageAnswer(body=request.host.encode())

    for trusted, host in ((["127.0.0.1"], HOST), ([], "origin.example")):
        async with serving(trusted=trusted) as server:
            server.site.add_pages({"/.well-known/pillarbox/": page})
            answer = await server.ask(
                "/.well-known/pillarbox/x", f"X-Forwarded-Host: {HOST}", host="origin.example"
            )
            assert answer.body == host.encode()


async def test_a_proxy_header_says_whose_connection_it_is():
    request = f"GET {click()} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    v1 = b"PROXY TCP4 192.0.2.9 192.0.2.1 4711 80\r\n"
    async with serving(proxy_protocol=True) as server:
        assert answered(await server.send(v1 + request)).status == 302
        assert [one.ip for one in server.kept] == ["192.0.2.9"]
        assert await server.send(request) == b""
        assert len(server.kept) == 1
