"""The resolver against a real DNS server: every outcome is a value."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from pillarbox.base.resolver import Resolver, _is_loopback
from tests.peers.dnslib_server import DnslibServer

LONG = "x" * 200

RECORDS = {
    ("example.com", "MX"): ["10 mx1.example.com.", "20 mx2.example.com."],
    ("nomail.example.com", "MX"): ["0 ."],
    ("mx1.example.com", "A"): ["192.0.2.1"],
    ("mx1.example.com", "AAAA"): ["2001:db8::1"],
    ("txt.example.com", "TXT"): ['"one " "string"'],
    ("alias.example.com", "CNAME"): ["mx1.example.com"],
    ("broken.example.com", "A"): ["SERVFAIL"],
    ("refused.example.com", "A"): ["REFUSED"],
    ("big.example.com", "TXT"): [f'"{LONG}" "{LONG}" "{n}"' for n in range(9)],
}


@pytest.fixture
def server() -> Iterator[DnslibServer]:
    with DnslibServer(dict(RECORDS)) as running:
        yield running


@pytest.fixture
async def resolver(server: DnslibServer) -> AsyncIterator[Resolver]:
    found = Resolver(server.address, timeout_s=180)  # asked once, however busy the machine is
    yield found
    await found.close()


@pytest.mark.parametrize(
    ("name", "rdtype", "status", "records"),
    [
        ("example.com", "MX", "ok", {"10 mx1.example.com", "20 mx2.example.com"}),
        ("EXAMPLE.com.", "mx", "ok", {"10 mx1.example.com", "20 mx2.example.com"}),
        ("nomail.example.com", "MX", "ok", {"0 ."}),
        ("mx1.example.com", "A", "ok", {"192.0.2.1"}),
        ("mx1.example.com", "AAAA", "ok", {"2001:db8::1"}),
        ("txt.example.com", "TXT", "ok", {"one string"}),
        ("alias.example.com", "CNAME", "ok", {"mx1.example.com"}),
        ("alias.example.com", "A", "ok", {"192.0.2.1"}),
        ("mx1.example.com", "MX", "nodata", set()),
        ("missing.example.com", "A", "nxdomain", set()),
        ("broken.example.com", "A", "trouble", set()),
        ("refused.example.com", "A", "trouble", set()),
        ("bücher.example", "A", "nxdomain", set()),
        ("a..b", "A", "nxdomain", set()),
        ("x" * 64 + ".com", "A", "nxdomain", set()),
        ("x." * 130 + "com", "A", "nxdomain", set()),
        ("a\\.com", "A", "nxdomain", set()),
    ],
)
async def test_what_the_dns_says_is_a_value(
    resolver: Resolver, name: str, rdtype: str, status: str, records: set[str]
) -> None:
    answer = await resolver.query(name, rdtype)
    assert (answer.status, set(answer.records)) == (status, records)


async def test_a_server_that_does_not_answer_in_time_is_trouble(server: DnslibServer) -> None:
    server.records["slow.example.com", "A"] = ["HANG"]
    resolver = Resolver(server.address, timeout_s=0.3)
    assert (await resolver.query("slow.example.com", "A")).status == "trouble"
    await resolver.close()


async def test_a_long_answer_comes_by_tcp(resolver: Resolver) -> None:
    answer = await resolver.query("big.example.com", "TXT")
    assert {len(record) for record in answer.records} == {401}
    assert len(answer.records) == 9


async def test_the_second_question_is_answered_from_memory(
    resolver: Resolver, server: DnslibServer
) -> None:
    first = await resolver.query("mx1.example.com", "A")
    assert await resolver.query("mx1.example.com", "A") is first
    assert len(server.asked) == 1
    await resolver.query("mx1.example.com", "A", fresh=True)
    assert len(server.asked) == 2


async def test_no_such_name_is_remembered_too(resolver: Resolver, server: DnslibServer) -> None:
    for _ in range(3):
        assert (await resolver.query("missing.example.com", "A")).status == "nxdomain"
    assert len(server.asked) == 1


async def test_callers_at_the_same_time_share_one_query(
    resolver: Resolver, server: DnslibServer
) -> None:
    answers = await asyncio.gather(*(resolver.query("mx1.example.com", "A") for _ in range(20)))
    assert {answer.records for answer in answers} == {("192.0.2.1",)}
    assert len(server.asked) == 1


async def test_a_caller_who_gives_up_leaves_the_others_their_answer(server: DnslibServer) -> None:
    server.records["late.example.com", "A"] = ["HANG"]
    resolver = Resolver(server.address, timeout_s=180)
    impatient = asyncio.create_task(resolver.query("late.example.com", "A"))
    patient = asyncio.create_task(resolver.query("late.example.com", "A"))
    await asyncio.to_thread(server.arrived.acquire, timeout=60)
    impatient.cancel()
    server.records["late.example.com", "A"] = ["192.0.2.9"]
    server.release()
    assert (await patient).status == "nodata"
    assert impatient.cancelled()
    await resolver.close()


async def test_the_authenticated_bit_counts_from_loopback(resolver: Resolver) -> None:
    assert (await resolver.query("mx1.example.com", "A")).authenticated


async def test_a_server_that_is_not_there_is_trouble() -> None:
    resolver = Resolver("127.0.0.1:1", timeout_s=0.3)
    answer = await resolver.query("example.com", "A")
    assert answer.status == "trouble"
    assert answer.detail
    await resolver.close()


@pytest.mark.parametrize(
    ("server", "trusted"),
    [("127.0.0.1", True), ("127.0.0.53", True), ("::1", True), ("192.0.2.1", False), (None, False)],
)
def test_only_a_resolver_on_loopback_is_believed_to_validate(server, trusted) -> None:
    assert _is_loopback(server) is trusted
