"""Asking web servers that others name: bounded in time and size, never a tool against others."""

import asyncio
import ssl

import pytest

from pillarbox.base import outgoing_http
from pillarbox.base.outgoing_http import MAX_BODY, Fetched, OutgoingHttp, Unreachable
from pillarbox.base.resolver import Answer
from tests.peers.certificate import write_certificate
from tests.peers.wait import free_port
from tests.peers.web import response, serving

HOST = "track.example.com"


class Table:
    """A resolver that answers from a table; what is not in it does not exist."""

    def __init__(self, **addresses):
        self.answers = addresses

    async def query(self, name, rdtype, *, fresh=False):
        assert (name, fresh) == (HOST, True)
        return self.answers.get(rdtype, Answer("nodata"))


LOCAL = Table(A=Answer("ok", ("127.0.0.1",)))


@pytest.fixture
async def client():
    """Make clients that are closed at the end."""
    made = []

    def make(resolver=LOCAL, **options):
        made.append(OutgoingHttp(resolver, **({"allow_private": True, "seconds": 60} | options)))
        return made[-1]

    yield make
    for one in made:
        await one.close()


def always(answer: bytes):
    async def give(_request):
        return answer

    return give


async def test_an_answer_is_what_the_server_said(client):
    async with serving(always(response("200 OK", b"hello"))) as server:
        found = await client(http_port=server.port).get("http", HOST, "/a", "b=%20c")
    assert found == Fetched(200, b"hello")
    assert server.asked == [("/a?b=%20c", f"{HOST}:{server.port}")]


async def test_a_redirect_is_not_followed(client):
    moved = response("302 Found", headers="Location: http://127.0.0.1/secret\r\n")
    async with serving(always(moved)) as server:
        found = await client(http_port=server.port).get("http", HOST, "/a")
    assert found == Fetched(302, b"")
    assert len(server.asked) == 1


async def test_a_body_is_read_up_to_a_bound(client):
    async with serving(always(response("200 OK", b"x" * 1_000_000))) as server:
        found = await client(http_port=server.port).get("http", HOST, "/")
    assert found == Fetched(200, b"x" * MAX_BODY)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1"])
async def test_addresses_that_are_not_public_are_refused(client, address):
    rdtype = "AAAA" if ":" in address else "A"
    async with serving(always(response("200 OK"))) as server:
        closed = client(
            Table(**{rdtype: Answer("ok", (address,))}), allow_private=False, http_port=server.port
        )
        found = await closed.get("http", HOST, "/")
    assert found == Unreachable("it has no public address")
    assert server.asked == []


class Rebound:
    """A resolver whose name leads to one address when it is first asked, then to another one."""

    def __init__(self, *addresses):
        self.addresses = list(addresses)

    async def query(self, _name, rdtype, **_):
        return Answer("ok", (self.addresses.pop(0),)) if rdtype == "A" else Answer("nodata")


async def test_the_address_that_was_checked_is_the_one_connected_to(client, monkeypatch):
    monkeypatch.setattr(outgoing_http, "is_public", lambda address: address == "127.0.0.1")
    rebound = Rebound("127.0.0.1", "127.0.0.2")
    async with serving(always(response("200 OK"))) as server:
        asking = client(rebound, allow_private=False, http_port=server.port)
        first, second = [await asking.get("http", HOST, "/") for _ in range(2)]
    assert first == Fetched(200, b"")
    assert second == Unreachable("it has no public address")
    assert (len(server.asked), rebound.addresses) == (1, [])


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (Table(), Unreachable("it has no address in DNS")),
        (
            Table(A=Answer("trouble", detail="the DNS servers did not answer in time")),
            Unreachable("the DNS servers did not answer in time", trouble=True),
        ),
    ],
)
async def test_what_dns_says_is_told(client, table, expected):
    assert await client(table).get("http", HOST, "/") == expected


async def test_nobody_there_is_told(client):
    found = await client(http_port=free_port()).get("http", HOST, "/")
    assert found == Unreachable("nobody answers there")


@pytest.mark.parametrize(
    "answer",
    [b"", b"what?\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 20_000 + b"\r\n\r\n"],
)
async def test_what_is_no_answer_is_told(client, answer):
    async with serving(always(answer)) as server:
        found = await client(http_port=server.port).get("http", HOST, "/")
    assert found == Unreachable("it did not answer as a web server does")


async def test_a_server_that_says_nothing_is_not_waited_for(client):
    async def wait(_request):
        await asyncio.Event().wait()

    async with serving(wait) as server:
        found = await client(http_port=server.port, seconds=0.05).get("http", HOST, "/")
        assert found == Unreachable("it did not answer in time")
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


@pytest.mark.parametrize(
    ("certified", "believed", "expected"),
    [
        (HOST, True, Fetched(200, b"")),
        ("other.example.com", True, "its certificate is not valid: Hostname mismatch"),
        (HOST, False, "its certificate is not valid: self-signed certificate"),
    ],
)
async def test_a_certificate_must_be_valid_for_the_host(
    client, tmp_path, certified, believed, expected
):
    file = tmp_path / "server.pem"
    write_certificate(file, certified)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    async with serving(always(response("200 OK")), tls=context) as server:
        trusting = client(https_port=server.port, ca_file=str(file) if believed else "")
        found = await trusting.get("https", HOST, "/")
    if isinstance(found, Fetched):
        assert found == expected
    else:
        assert found.reason.startswith(expected)


async def test_plain_http_where_tls_is_asked_for_is_told(client):
    async with serving(always(b"")) as server:
        found = await client(https_port=server.port, seconds=0.5).get("https", HOST, "/")
    assert isinstance(found, Unreachable)
