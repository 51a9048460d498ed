"""Routes out of a real DNS server's answers (Knot): hosts, addresses, caching, trouble."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from pillarbox.base.resolver import Answer, Resolver
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.route import Router
from pillarbox.deliver.settings import DeliverSettings, Source
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered, Failed
from tests.peers.knot import NEGATIVE_TTL, Knot, knot
from tests.peers.scripted_mx import Mx, ended
from tests.peers.wait import ARRIVAL_SECONDS, free_port

MANY = [f"mx{number}-{'x' * 40}.many" for number in range(60)]
ZONE = [
    "order MX 20 mx2.order",
    "order MX 10 mx1.order",
    "equal MX 10 mx1.equal",
    "equal MX 10 mx2.equal",
    "implicit A 8.8.8.8",
    "null MX 0 .",
    "alias MX 10 mx.alias",
    "mx.alias CNAME one.alias",
    "one.alias CNAME two.alias",
    "two.alias A 8.8.8.8",
    "moved CNAME order",
    "both MX 10 mx.both",
    "mx.both A 8.8.8.8",
    "mx.both AAAA 2606:4700::1",
    "six MX 10 mx.six",
    "mx.six AAAA 2606:4700::1",
    "literal MX 10 192.0.2.1.",
    "gone MX 10 nobody.gone",
    "empty MX 10 mx.empty",
    "mx.empty TXT here",
    "loop CNAME loop2",
    "loop2 CNAME loop",
    "private MX 10 mx.private",
    "mx.private A 10.0.0.1",
    "quick 7 MX 10 mx.order",
    *(f"many MX 10 {host}" for host in MANY),
    "local MX 10 mx.local",
    "mx.local CNAME end.local",
    "end.local A 127.0.0.1",
    "bare A 127.0.0.1",
]
ORIGIN = "routes.example"


@pytest.fixture(scope="module")
def dns() -> Iterator[Knot]:
    with knot({ORIGIN: ZONE}, broken=["broken.example"]) as server:
        yield server


@pytest.fixture
async def resolver(dns: Knot) -> AsyncIterator[Resolver]:
    found = Resolver(dns.address, timeout_s=ARRIVAL_SECONDS)
    yield found
    await found.close()


async def hosts(resolver: Resolver, domain: str, ranks: tuple[float, ...] = ()) -> list[str]:
    drawn = itertools.chain(ranks, itertools.repeat(0.0))
    found = await Router(resolver, rank=lambda: next(drawn)).hosts(f"{domain}.{ORIGIN}")
    assert isinstance(found, tuple), found
    return [host.name.removesuffix(f".{ORIGIN}") for host in found]


@pytest.mark.parametrize(
    ("domain", "names"),
    [
        ("order", ["mx1.order", "mx2.order"]),
        ("implicit", ["implicit"]),
        ("moved", ["mx1.order", "mx2.order"]),
        ("alias", ["mx.alias"]),
    ],
)
async def test_hosts_are_those_of_the_mx_records_or_the_domain_itself(resolver, domain, names):
    assert await hosts(resolver, domain) == names


async def test_hosts_of_equal_preference_take_turns(resolver):
    answer = await resolver.query(f"equal.{ORIGIN}", "MX")
    assert len(answer.records) == 2
    first, second = [await hosts(resolver, "equal", ranks) for ranks in ((0.1, 0.2), (0.2, 0.1))]
    assert first == second[::-1]


@pytest.mark.parametrize(
    ("domain", "kind", "text"),
    [
        (f"null.{ORIGIN}", Failed, f"556 5.1.10 The domain null.{ORIGIN} takes no mail (null MX)"),
        (f"nobody.{ORIGIN}", Failed, f"550 5.1.2 The domain nobody.{ORIGIN} does not exist"),
        (f"loop.{ORIGIN}", Deferred, f"451 4.4.3 DNS trouble looking up loop.{ORIGIN}"),
        ("broken.example", Deferred, "451 4.4.3 DNS trouble looking up broken.example"),
        ("refused.example", Deferred, "451 4.4.3 DNS trouble looking up refused.example"),
    ],
)
async def test_a_domain_without_hosts_says_why(resolver, domain, kind, text):
    outcome = await Router(resolver).hosts(domain)
    assert isinstance(outcome, kind)
    assert str(outcome.reply) == text


@pytest.mark.parametrize(
    ("domain", "versions", "found"),
    [
        ("alias", (4,), ("8.8.8.8",)),
        ("both", (6, 4), ("2606:4700::1", "8.8.8.8")),
        ("both", (4,), ("8.8.8.8",)),
        ("six", (6, 4), ("2606:4700::1",)),
        ("six", (4,), "5.4.4"),
        ("literal", (6, 4), "5.4.4"),
        ("gone", (6, 4), "5.4.4"),
        ("empty", (6, 4), "5.4.4"),
        ("private", (6, 4), "5.4.4"),
    ],
)
async def test_a_host_has_the_addresses_at_the_end_of_its_names(resolver, domain, versions, found):
    router = Router(resolver)
    first, *_ = await router.hosts(f"{domain}.{ORIGIN}")
    addresses = await router.addresses(first, versions)
    assert (addresses if isinstance(addresses, tuple) else addresses.reply.enhanced) == found


async def test_an_answer_too_long_for_udp_comes_whole_by_tcp(resolver):
    assert sorted(await hosts(resolver, "many")) == sorted(MANY)


@pytest.mark.parametrize(
    ("name", "rdtype", "status", "ttl"),
    [
        ("quick", "MX", "ok", 7),
        ("order", "MX", "ok", 300),
        ("implicit", "MX", "nodata", NEGATIVE_TTL),
        ("nobody", "MX", "nxdomain", NEGATIVE_TTL),
    ],
)
async def test_answers_are_kept_for_their_time_and_negative_ones_for_the_zones_minimum(
    dns, name, rdtype, status, ttl
):
    now = 0.0
    resolver = Resolver(dns.address, timeout_s=ARRIVAL_SECONDS, monotonic=lambda: now)
    first = await resolver.query(f"{name}.{ORIGIN}", rdtype)
    assert (first.status, first.ttl) == (status, ttl)
    now = ttl - 0.1
    assert await resolver.query(f"{name}.{ORIGIN}", rdtype) is first
    now = ttl
    assert await resolver.query(f"{name}.{ORIGIN}", rdtype) is not first
    await resolver.close()


async def test_a_server_that_says_nothing_is_trouble():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = Resolver(f"127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.1)
        outcome = await Router(resolver).hosts("a.example")
        await resolver.close()
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.4.3"


@pytest.mark.parametrize("domain", ["local", "bare"])
async def test_mail_arrives_at_an_exchange_that_is_an_alias_and_at_one_that_is_implied(
    resolver, domain
):
    mx, port = Mx(), free_port()
    settings = DeliverSettings(hello="us.example", smtp_port=port, allow_private_destinations=True)
    deliverer = MxDeliverer(resolver, settings)
    server = await asyncio.start_server(mx.serve, "127.0.0.1", port)
    envelope = Envelope(return_path="", recipient=f"you@{domain}.{ORIGIN}", size=2)
    outcome = await deliverer.deliver(envelope, [b"x\r\n"])
    await deliverer.close()
    await ended(mx, server)
    assert isinstance(outcome, Delivered)


class TwoVersions:
    """One host with an IPv6 and an IPv4 address."""

    async def query(self, _name: str, rdtype: str, /) -> Answer:
        found = {"MX": "10 mx.example", "A": "127.0.0.1", "AAAA": "::1"}
        return Answer("ok", (found[rdtype],)) if rdtype in found else Answer("nodata")


async def test_where_ipv6_leads_nowhere_ipv4_comes_next_and_first_for_a_while():
    mx, port = Mx(), free_port()
    settings = DeliverSettings(
        hello="us.example",
        smtp_port=port,
        source_ipv6=Source(bind="", hello="us.example"),
        allow_private_destinations=True,
        fallback_s=1e-9,  # nobody is that quick
        messages_per_connection=1,
    )
    deliverer = MxDeliverer(TwoVersions(), settings)
    server = await asyncio.start_server(mx.serve, "127.0.0.1", port)
    envelope = Envelope(return_path="", recipient="you@b.example", size=2)
    outcomes = [await deliverer.deliver(envelope, [b"x\r\n"]) for _ in range(2)]
    await deliverer.close()
    await ended(mx, server)
    assert [one.attempt.address for one in outcomes] == ["127.0.0.1", "127.0.0.1"]
    order = [address for address, _ in deliverer._fallback.plan(("::1", "127.0.0.1"))]
    assert order == ["127.0.0.1", "::1"]
