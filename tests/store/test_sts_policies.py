"""MTA-STS policies are found in DNS, fetched from a real web server, and kept for all workers."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from pillarbox.base.outgoing_http import OutgoingHttp
from pillarbox.base.resolver import Answer
from pillarbox.deliver.sts_cache import DAY_MS
from pillarbox.deliver.sts_policies import PATH, StsPolicies
from pillarbox.deliver.sts_renewal import IN_USE_MS, LEASE_NAME, StsRenewal
from pillarbox.proto.dns.mta_sts import MAX_POLICY
from pillarbox.store.addresses.sts_policies import (
    delete_expired_sts_policies,
    find_sts_policy,
    keep_sts_policy,
)
from pillarbox.store.leases import take_lease
from tests.peers.authority import Certified
from tests.peers.web import WebServer, response, serving

DOMAIN = "a.example"
TEXT = "Content-Type: text/plain; charset=utf-8\r\n"
ROOT = Certified.issue("root", authority=True)
HOST = Certified.issue("policy host", ROOT, hosts=[f"mta-sts.{DOMAIN}"])


def policy(mode="enforce", mx="mx.a.example", days=10):
    body = f"version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: {days * 86_400}\n"
    return response("200 OK", body.encode(), TEXT)


class Dns:
    """The one domain's records; the policy host is on loopback."""

    def __init__(self, announced="1"):
        self.announced = announced
        self.trouble = False

    async def query(self, name, rdtype, **_):
        if self.trouble:
            return Answer("trouble")
        if rdtype == "TXT" and self.announced:
            assert name == f"_mta-sts.{DOMAIN}"
            return Answer("ok", (f"v=STSv1; id={self.announced};",))
        return Answer("ok", ("127.0.0.1",)) if rdtype == "A" else Answer("nodata")


@dataclass
class World:
    """A policy host, DNS, the store, and a clock that the test turns."""

    server: WebServer
    answers: list
    dns: Dns
    open_book: object
    counted: list[str] = field(default_factory=list)
    now: int = 0

    def book(self):
        return self.open_book(self)


@pytest.fixture
def tls(tmp_path):
    (tmp_path / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
    return HOST.context(tmp_path)


@asynccontextmanager
async def policy_world(store, tmp_path, tls, *answers, **options) -> AsyncIterator[World]:
    books = []

    def open_book(world):
        http = OutgoingHttp(
            world.dns,
            https_port=world.server.port,
            max_body=MAX_POLICY + 1,
            **(
                {"allow_private": True, "ca_file": str(tmp_path / "root.pem"), "seconds": 60}
                | options
            ),
        )
        books.append(
            StsPolicies(world.dns, http, store, count=world.counted.append, clock=lambda: world.now)
        )
        return books[-1]

    async def answer(_request):
        one = world.answers[0] if len(world.answers) == 1 else world.answers.pop(0)
        return await one() if callable(one) else one

    async with serving(answer, tls=tls) as server:
        world = World(server, list(answers), Dns(), open_book)
        yield world
        for book in books:
            await book.close()


async def test_a_policy_is_fetched_once_and_kept_for_all_workers(store, tmp_path, tls):
    async with policy_world(store, tmp_path, tls, policy()) as world:
        book = world.book()
        found = await asyncio.gather(*(book.of_domain(DOMAIN) for _ in range(20)))
        again = await world.book().of_domain(DOMAIN)
    assert {(one.domain, one.policy.mode, one.policy.mx) for one in (*found, again)} == {
        (DOMAIN, "enforce", ("mx.a.example",))
    }
    assert world.server.asked == [(PATH, f"mta-sts.{DOMAIN}:{world.server.port}")]


async def test_a_domain_that_announces_nothing_is_not_asked(store, tmp_path, tls):
    async with policy_world(store, tmp_path, tls, policy()) as world:
        world.dns.announced = ""
        assert await world.book().of_domain(DOMAIN) is None
    assert world.server.asked == []


async def test_a_new_id_has_the_policy_fetched_again(store, tmp_path, tls):
    async with policy_world(store, tmp_path, tls, policy(), policy(mx="new.a.example")) as world:
        book = world.book()
        await book.of_domain(DOMAIN)
        world.dns.announced = "2"
        found = await book.of_domain(DOMAIN)
    assert found.policy.mx == ("new.a.example",)


@pytest.mark.parametrize("silenced", ["dns", "record", "web"])
async def test_what_was_fetched_holds_when_others_silence_dns_or_the_web(
    store, tmp_path, tls, silenced
):
    async with policy_world(
        store, tmp_path, tls, policy(days=10), response("503 Busy"), policy()
    ) as world:
        await world.book().of_domain(DOMAIN)
        world.dns.trouble = silenced == "dns"
        world.dns.announced = {"record": "", "web": "2"}.get(silenced, "1")
        world.now = 9 * DAY_MS
        found = await world.book().of_domain(DOMAIN)
        world.now = 10 * DAY_MS
        expired = await world.book().of_domain(DOMAIN) if silenced != "web" else None
    assert found.policy.mode == "enforce"
    assert expired is None
    assert ("unfetchable" in world.counted) is (silenced == "web")


async def test_a_policy_in_use_is_refreshed_behind_the_deliverys_back(store, tmp_path, tls):
    fresh = policy(mx="new.a.example")
    async with policy_world(store, tmp_path, tls, policy(), fresh) as world:
        book = world.book()
        await book.of_domain(DOMAIN)
        world.now = DAY_MS
        assert (await book.of_domain(DOMAIN)).policy.mx == ("mx.a.example",)
        await asyncio.gather(*book._under_way.values())
        assert (await book.of_domain(DOMAIN)).policy.mx == ("new.a.example",)
    assert world.counted == ["fetched", "fetched"]


BAD = {
    "moved": response("302 Found", b"", "Location: /elsewhere\r\n"),
    "absent": response("404 Not Found"),
    "html": response("200 OK", b"version: STSv1", "Content-Type: text/html\r\n"),
    "no type": policy().replace(TEXT.encode(), b""),
    "malformed": response("200 OK", b"version: STSv1\nmode: enforce\n", TEXT),
    "huge": response(
        "200 OK", b"version: STSv1\nmode: none\nmax_age: 1\n" + b"x: y\n" * 20_000, TEXT
    ),
    "an endless line": response("200 OK", b"a" * 1_000_000, TEXT),
    "no HTTP": b"220 hello\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("answer", BAD)
async def test_what_is_no_policy_is_passed_over_and_left_alone_for_a_while(
    store, tmp_path, tls, answer
):
    async with policy_world(store, tmp_path, tls, BAD[answer]) as world:
        book = world.book()
        assert [await book.of_domain(DOMAIN) for _ in range(3)] == [None, None, None]
    assert world.counted == ["unfetchable"]


@pytest.mark.parametrize(
    ("shown", "options"),
    [
        (Certified.issue("other", ROOT, hosts=["a.example"]), {}),
        (Certified.issue("old", ROOT, hosts=[f"mta-sts.{DOMAIN}"], days=-1), {}),
        (HOST, {"ca_file": ""}),
        (HOST, {"allow_private": False}),
    ],
    ids=["another name", "expired", "unknown authority", "private address"],
)
async def test_a_policy_host_has_to_be_who_it_says_and_public(store, tmp_path, tls, shown, options):
    async with policy_world(store, tmp_path, shown.context(tmp_path), policy(), **options) as world:
        assert await world.book().of_domain(DOMAIN) is None
    assert world.server.asked == []


async def test_a_slow_policy_host_holds_up_no_other_domain(store, tmp_path, tls):
    asked, held = asyncio.Event(), asyncio.Event()

    async def hold():
        asked.set()
        await held.wait()
        return policy()

    async with policy_world(store, tmp_path, tls, hold) as world:
        book = world.book()
        slow = asyncio.create_task(book.of_domain(DOMAIN))
        await asked.wait()
        world.dns.announced = ""
        assert await book.of_domain(DOMAIN) is None
        held.set()
        assert (await slow).policy.mode == "enforce"


async def test_one_who_hangs_is_given_up(store, tmp_path, tls):
    async def hang():
        await asyncio.Event().wait()

    async with policy_world(store, tmp_path, tls, hang, seconds=0.3) as world:
        assert await world.book().of_domain(DOMAIN) is None
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


async def test_expired_policies_are_forgotten(store, tmp_path, tls):
    async with policy_world(store, tmp_path, tls, policy(days=1)) as world:
        await world.book().of_domain(DOMAIN)
    with store.transaction() as conn:
        assert delete_expired_sts_policies(conn, DAY_MS) == 0
        assert delete_expired_sts_policies(conn, DAY_MS + 1) == 1


def test_an_older_fetch_does_not_undo_a_newer_one(store):
    values = {
        "announced_id": "1",
        "mode": "enforce",
        "max_age": 60,
        "used_at": 0,
        "expires_at": 60_000,
    }
    with store.transaction() as conn:
        for fetched_at, mx in ((5, "new.a.example"), (4, "old.a.example"), (5, "same.a.example")):
            keep_sts_policy(conn, DOMAIN, values | {"mx": mx, "fetched_at": fetched_at})
        assert find_sts_policy(conn, DOMAIN).mx == "same.a.example"
        assert find_sts_policy(conn, "b.example") is None


def renewal(store, world, owner="node/0"):
    return StsRenewal(store, world.book(), owner, clock=lambda: world.now)


async def test_a_policy_in_use_is_renewed_each_day_without_any_mail(store, tmp_path, tls):
    async with policy_world(store, tmp_path, tls, policy(days=2)) as world:
        await world.book().of_domain(DOMAIN)
        for day, fetched in ((0, 1), (1, 2), (2, 3), (3, 4)):
            world.now = day * DAY_MS
            await renewal(store, world).turn()
            assert len(world.server.asked) == fetched
        world.dns.trouble = True
        assert (await world.book().of_domain(DOMAIN)).policy.mode == "enforce"


async def test_what_no_mail_has_asked_for_in_a_month_is_let_go(store, tmp_path, tls):
    async with policy_world(store, tmp_path, tls, policy(days=365)) as world:
        await world.book().of_domain(DOMAIN)
        world.now = IN_USE_MS - 1
        await renewal(store, world).turn()
        world.now = IN_USE_MS + DAY_MS
        await renewal(store, world).turn()
    assert len(world.server.asked) == 2


@pytest.mark.parametrize(
    ("mode", "announced", "held"),
    [("none", "1", False), ("enforce", "", False), ("enforce", "1", True)],
    ids=["mode none", "not announced", "another worker does it"],
)
async def test_what_need_not_be_renewed_is_not_asked_for(
    store, tmp_path, tls, mode, announced, held
):
    async with policy_world(store, tmp_path, tls, policy(mode)) as world:
        await world.book().of_domain(DOMAIN)
        world.now, world.dns.announced = DAY_MS, announced
        if held:
            with store.transaction() as conn:
                assert take_lease(conn, LEASE_NAME, "other/0", DAY_MS, 2 * DAY_MS)
        await renewal(store, world).turn()
    assert len(world.server.asked) == 1
