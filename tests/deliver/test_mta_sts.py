"""MTA-STS over real connections: what a policy demands of hosts and their certificates."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.deliver.tls_choice import StsFound
from pillarbox.deliver.tls_policies import TlsPolicies
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered, Failed, Outcome
from pillarbox.proto.dns.mta_sts import Mode, StsPolicy
from tests.deliver.fake_dns import FakeAnswer, FakeResolver
from tests.peers.authority import Certified
from tests.peers.scripted_mx import Mx, ended
from tests.peers.wait import free_port

CONTENT = (b"Subject: s\r\n\r\n", b"hi\r\n")
OFFER = {"EHLO": "250-mx\r\n250 STARTTLS"}
ROOT = Certified.issue("root", authority=True)
GOOD = Certified.issue("mx", ROOT, hosts=["mx1.b.example", "mx2.b.example"])
WRONG = Certified.issue("mx", ROOT, hosts=["mx.other.example"])
OLD = Certified.issue("mx", ROOT, hosts=["mx1.b.example"], days=-1)
SELF_MADE = Certified.issue("mx", hosts=["mx1.b.example"])
SHOWN = {"good": GOOD, "wrong": WRONG, "old": OLD, "self-made": SELF_MADE}
DNS = FakeResolver(
    {
        ("b.example", "MX"): FakeAnswer(records=("10 mx1.b.example", "20 mx2.b.example")),
        ("c.example", "MX"): FakeAnswer(records=("10 mx1.b.example",)),
        ("mx1.b.example", "A"): FakeAnswer(records=("127.0.0.1",)),
        ("mx2.b.example", "A"): FakeAnswer(records=("127.0.0.2",)),
    }
)
ONE_HOST = FakeResolver(
    DNS.answers | {("b.example", "MX"): FakeAnswer(records=("10 mx1.b.example",))}
)


@dataclass
class OnePolicy:
    """The policy of the one domain, as the book of policies gives it."""

    found: StsFound

    async def of_domain(self, domain: str) -> StsFound:
        return replace(self.found, domain=domain)

    async def close(self) -> None:
        """Nothing is under way."""


@dataclass
class World:
    """A domain with a policy and two hosts."""

    deliverer: MxDeliverer
    counted: list[str]

    async def deliver(
        self, recipient: str = "you@b.example", *, tls_required: bool = False
    ) -> Outcome:
        envelope = Envelope(
            return_path="b@us.example",
            recipient=recipient,
            size=18,
            tls_required=tls_required,
        )
        return await self.deliverer.deliver(envelope, CONTENT)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ssl.SSLContext]]:
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
    yield {name: one.context(folder) for name, one in SHOWN.items()}


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("authorities") / "root.pem"
    file.write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
    return file


@asynccontextmanager
async def world(
    authorities: Path,
    mode: Mode,
    *hosts: Mx,
    mx: tuple[str, ...] = ("*.b.example",),
    dns: FakeResolver = DNS,
) -> AsyncIterator[World]:
    port, counted = free_port(), list[str]()
    policy = OnePolicy(StsFound("b.example", StsPolicy(mode, mx, 86_400)))
    settings = DeliverSettings(
        hello="us.example", smtp_port=port, allow_private_destinations=True, idle_s=600
    )
    deliverer = MxDeliverer(
        dns,
        settings,
        tls=TlsContexts(str(authorities)),
        policies=TlsPolicies(dns, port, sts=policy, count=counted.append),
    )
    servers = [
        (one, await asyncio.start_server(one.serve, f"127.0.0.{number}", port))
        for number, one in enumerate(hosts, 1)
    ]
    try:
        yield World(deliverer, counted)
    finally:
        await deliverer.close()
        for one, server in servers:
            await ended(one, server)


async def test_an_enforced_policy_is_met_by_a_valid_certificate(contexts, authorities):
    mx = Mx(OFFER, contexts["good"])
    async with world(authorities, "enforce", mx) as here:
        outcome, second = await here.deliver(), await here.deliver()
    assert isinstance(outcome, Delivered)
    assert isinstance(second, Delivered)
    assert (outcome.attempt.security.policy, outcome.attempt.security.verified) == ("MTA-STS", True)
    assert second.attempt.security == outcome.attempt.security
    assert mx.connections == 1
    assert here.counted == []


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ("wrong", "certificate is not valid for 'mx1.b.example'"),
        ("old", "certificate has expired"),
        ("self-made", "self-signed certificate"),
    ],
)
@pytest.mark.parametrize("tls_required", [False, True])
async def test_an_enforced_policy_keeps_mail_from_hosts_whose_certificate_is_no_good(
    contexts, authorities, shown, words, tls_required
):
    mx = Mx(OFFER, contexts[shown])
    async with world(authorities, "enforce", mx, dns=ONE_HOST) as here:
        outcome = await here.deliver(tls_required=tls_required)
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.7.5"
    start = "4.7.5 TLS is required by the MTA-STS policy of b.example: its certificate is not valid"
    assert outcome.reply.text.startswith(start)
    assert words in outcome.reply.text
    assert (mx.connections, mx.messages) == (1, [])
    assert here.counted == ["failed"]


async def test_the_reply_says_which_policy_and_what_is_wrong(contexts, authorities):
    async with world(authorities, "enforce", Mx(OFFER, contexts["wrong"]), Mx()) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Deferred)
    assert str(outcome.reply) == (
        "451 4.7.10 TLS is required by the MTA-STS policy of b.example"
        " and the server does not offer it"
    )
    assert here.counted == ["failed", "failed"]


async def test_the_next_host_is_tried_when_the_first_falls_short(contexts, authorities):
    first, second = Mx(OFFER, contexts["wrong"]), Mx(OFFER, contexts["good"])
    async with world(authorities, "enforce", first, second) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Delivered)
    assert outcome.attempt.host == "mx2.b.example"
    assert first.messages == []


async def test_a_host_that_the_policy_does_not_name_is_not_connected_to(contexts, authorities):
    first, second = Mx(OFFER, contexts["good"]), Mx(OFFER, contexts["good"])
    async with world(authorities, "enforce", first, second, mx=("mx2.b.example",)) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Delivered)
    assert (first.connections, second.connections) == (0, 1)
    assert here.counted == ["not_usable"]


async def test_where_no_host_is_named_mail_waits_and_says_why(contexts, authorities):
    mx = Mx(OFFER, contexts["good"])
    async with world(authorities, "enforce", mx, mx=("mx.b.example",)) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Deferred)
    assert str(outcome.reply) == (
        "451 4.7.5 mx2.b.example may not be used: the MTA-STS policy of b.example does not name it"
    )
    assert mx.connections == 0


@pytest.mark.parametrize(
    ("host", "mx", "why"),
    [
        ("wrong", ("*.b.example",), "certificate is not valid for"),
        ("old", ("*.b.example",), "certificate has expired"),
        ("none", ("*.b.example",), "the server offers no TLS"),
        ("good", ("mx.b.example",), "the policy does not name mx1.b.example"),
    ],
)
async def test_a_policy_in_testing_is_reported_and_keeps_no_mail_back(
    contexts, authorities, caplog, host, mx, why
):
    caplog.set_level(logging.WARNING)
    peer = Mx() if host == "none" else Mx(OFFER, contexts[host])
    async with world(authorities, "testing", peer, mx=mx) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Delivered)
    assert bool(outcome.attempt.tls) is (host != "none")
    assert here.counted == ["testing_failed"]
    (told,) = [one.values for one in caplog.records if hasattr(one, "values")]
    assert (told["domain"], told["host"]) == ("b.example", "mx1.b.example")
    assert why in told["why"]


async def test_a_certificate_that_fails_a_test_is_not_tried_before_each_message(
    contexts, authorities
):
    peer = Mx(OFFER, contexts["wrong"])
    async with world(authorities, "testing", peer) as here:
        outcomes = [await here.deliver() for _ in range(3)]
    assert {type(one) for one in outcomes} == {Delivered}
    assert peer.connections == 2


async def test_a_policy_in_testing_that_is_met_is_verified_and_silent(contexts, authorities):
    async with world(authorities, "testing", Mx(OFFER, contexts["good"])) as here:
        outcome = await here.deliver()
    assert outcome.attempt.security.policy == "MTA-STS testing"
    assert outcome.attempt.security.verified
    assert here.counted == []


async def test_testing_weakens_nothing_that_the_sender_requires(contexts, authorities):
    async with world(authorities, "testing", Mx(), Mx()) as here:
        outcome = await here.deliver(tls_required=True)
    assert isinstance(outcome, Failed)
    assert str(outcome.reply) == (
        "554 5.7.10 TLS is required by TlsPolicy REQUIRE of the configuration set"
        " and the server does not offer it"
    )


@pytest.mark.parametrize("mode", ["enforce", "testing"])
async def test_domains_with_the_same_host_share_its_connections(contexts, authorities, mode):
    peer = Mx(OFFER, contexts["good"])
    async with world(authorities, mode, peer) as here:
        outcomes = [await here.deliver(f"you@{domain}.example") for domain in "bcb"]
    assert {type(one) for one in outcomes} == {Delivered}
    assert peer.connections == 1
