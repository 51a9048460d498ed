"""DANE for real: zones that Knot signs, Unbound that validates them, servers with certificates."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from pillarbox.base.resolver import Resolver
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered, Outcome
from tests.peers.authority import Certified
from tests.peers.knot import knot
from tests.peers.scripted_mx import Mx, ended
from tests.peers.unbound import unbound
from tests.peers.wait import ARRIVAL_SECONDS, free_port

CONTENT = (b"Subject: s\r\n\r\n", b"hi\r\n")
OFFER = {"EHLO": "250-mx\r\n250 STARTTLS"}
ROOT = Certified.issue("root", authority=True)
OTHER_ROOT = Certified.issue("other root", authority=True)
OLD, NEW = Certified.issue("old"), Certified.issue("new")
EXPIRED = Certified.issue("x.example", days=-1)
SIGNED = Certified.issue("mx", ROOT, hosts=["ta.signed.example"])
IMPOSTOR = Certified.issue("mx", ROOT, hosts=["impostor.example"])
CERTIFICATES = {
    "old": OLD,
    "new": NEW,
    "expired": EXPIRED,
    "signed": SIGNED,
    "impostor": IMPOSTOR,
}

#: By recipient's domain, the TLSA records of its MX host `mx` below it, or lines of the zone.
PUBLISHED = {
    "ee": [OLD.tlsa(3, 1, 1)],
    "whole": [OLD.tlsa(3, 0, 2)],
    "exact": [OLD.tlsa(3, 0, 0)],
    "rotating": [OLD.tlsa(3, 1, 1), NEW.tlsa(3, 1, 1)],
    "expired": [EXPIRED.tlsa(3, 1, 1)],
    "ta": [ROOT.tlsa(2, 0, 1)],
    "wrong-ta": [OTHER_ROOT.tlsa(2, 0, 1)],
    "pkix-only": [OLD.tlsa(1, 1, 1)],
    "pkix-too": [OLD.tlsa(1, 1, 1), NEW.tlsa(3, 1, 1)],
    "none": [],
}
#: (the recipient's domain, what its host shows, whether it is delivered and verified)
CASES = [
    ("ee.signed.example", "old", True),
    ("ee.signed.example", "new", False),
    ("whole.signed.example", "old", True),
    ("exact.signed.example", "old", True),
    ("exact.signed.example", "new", False),
    ("rotating.signed.example", "old", True),
    ("rotating.signed.example", "new", True),
    ("rotating.signed.example", "expired", False),
    ("expired.signed.example", "expired", True),
    ("ta.signed.example", "signed", True),
    ("ta.signed.example", "impostor", False),
    ("ta.signed.example", "old", False),
    ("wrong-ta.signed.example", "signed", False),
    ("pkix-too.signed.example", "new", True),
    ("pkix-too.signed.example", "old", False),
    ("alias.signed.example", "old", True),
    ("alias.signed.example", "new", False),
    ("alias-only.signed.example", "old", True),
    ("alias-only.signed.example", "new", False),
    ("leaving.signed.example", "old", True),
    ("leaving.signed.example", "new", False),
    ("implicit.signed.example", "old", True),
    ("implicit.signed.example", "new", False),
]


@dataclass(frozen=True)
class Dns:
    """The resolver, and the port that the records are about."""

    address: str
    port: int


def zones(port: int) -> dict[str, list[str]]:
    signed = [
        line
        for name, records in PUBLISHED.items()
        for line in (
            f"{name} MX 10 mx.{name}",
            f"mx.{name} A 127.0.0.1",
            *(f"_{port}._tcp.mx.{name} TLSA {one}" for one in records),
        )
    ]
    good = OLD.tlsa(3, 1, 1)
    signed += [
        # an exchange that is a CNAME: records at its end, or at its beginning alone
        "alias MX 10 mx.alias",
        "mx.alias CNAME mx.ee",
        "alias-only MX 10 mx.alias-only",
        "mx.alias-only CNAME mx.none",
        f"_{port}._tcp.mx.alias-only TLSA {good}",
        # one that leads into a zone that is not signed
        "leaving MX 10 mx.leaving",
        "mx.leaving CNAME mx.plain.example.",
        f"_{port}._tcp.mx.leaving TLSA {good}",
        # no MX at all
        "implicit A 127.0.0.1",
        f"_{port}._tcp.implicit TLSA {good}",
        # signed MX, host in a zone that is not; records of a host whose look-up is forged
        "outside MX 10 mx.plain.example.",
        "forged MX 10 mx.forged",
        "mx.forged A 127.0.0.1",
        "_tcp.mx.forged NS ns",
    ]
    plain = ["@ MX 10 mx", "mx A 127.0.0.1", f"_{port}._tcp.mx TLSA {good}"]
    forged = [f"_{port} TLSA {good}"]
    return {
        "signed.example": signed,
        "plain.example": plain,
        "_tcp.mx.forged.signed.example": forged,
    }


@pytest.fixture(scope="module")
def dns() -> Iterator[Dns]:
    port = free_port()
    with knot(zones(port), signed=["signed.example"]) as server:
        anchor = server.trust_anchor("signed.example")
        forged = anchor.replace("signed.example", "_tcp.mx.forged.signed.example")
        with unbound(zones(port), server.port, anchors=[anchor, forged]) as address:
            yield Dns(address, port)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ssl.SSLContext]:
    folder = tmp_path_factory.mktemp("certificates")
    return {name: one.context(folder) for name, one in CERTIFICATES.items()}


@asynccontextmanager
async def listening(dns: Dns, mx: Mx) -> AsyncIterator[None]:
    server = await asyncio.start_server(mx.serve, "127.0.0.1", dns.port)
    try:
        yield
    finally:
        await ended(mx, server)


async def deliver(dns: Dns, domain: str, mx: Mx, *, tls_required: bool = False) -> Outcome:
    resolver = Resolver(dns.address, timeout_s=ARRIVAL_SECONDS)
    settings = DeliverSettings(
        hello="us.example", smtp_port=dns.port, allow_private_destinations=True
    )
    deliverer = MxDeliverer(resolver, settings)
    envelope = Envelope(
        return_path="b@us.example", recipient=f"you@{domain}", size=18, tls_required=tls_required
    )
    async with listening(dns, mx):
        try:
            return await deliverer.deliver(envelope, CONTENT)
        finally:
            await deliverer.close()
            await resolver.close()


@pytest.mark.parametrize(
    ("domain", "shown", "good"), CASES, ids=[f"{one[0].split('.')[0]}-{one[1]}" for one in CASES]
)
async def test_mail_goes_to_the_server_that_tlsa_records_name_and_no_other(
    dns: Dns, contexts: dict[str, ssl.SSLContext], domain: str, shown: str, good: bool
) -> None:
    mx = Mx(OFFER, contexts[shown])
    outcome = await deliver(dns, domain, mx)
    security = outcome.attempt.security
    assert security.policy == "DANE"
    if good:
        assert isinstance(outcome, Delivered)
        assert security.verified
        assert (security.version, mx.secured) == ("TLSv1.3", [True])
        assert security.cipher.startswith("TLS_")
    else:
        assert isinstance(outcome, Deferred)
        assert outcome.reply.enhanced == "4.7.5"
        assert "TLS is required by the TLSA records (DANE) of " in outcome.reply.text
        assert mx.messages == []


@pytest.mark.parametrize("domain", ["ee.signed.example", "pkix-only.signed.example"])
@pytest.mark.parametrize("required", [False, True])
async def test_records_forbid_plain_text_even_when_none_is_usable(
    dns: Dns, domain: str, required: bool
) -> None:
    mx = Mx()
    outcome = await deliver(dns, domain, mx, tls_required=required)
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.7.10"
    assert f"by the TLSA records (DANE) of mx.{domain} and the server" in outcome.reply.text
    assert mx.messages == []


async def test_without_a_usable_record_any_certificate_does(dns, contexts) -> None:
    outcome = await deliver(dns, "pkix-only.signed.example", Mx(OFFER, contexts["new"]))
    assert isinstance(outcome, Delivered)
    assert not outcome.attempt.security.verified


@pytest.mark.parametrize(
    "domain", ["plain.example", "outside.signed.example", "none.signed.example"]
)
async def test_where_dnssec_vouches_for_nothing_tls_stays_opportunistic(
    dns: Dns, contexts: dict[str, ssl.SSLContext], domain: str
) -> None:
    for mx in (Mx(OFFER, contexts["new"]), Mx()):
        outcome = await deliver(dns, domain, mx)
        assert isinstance(outcome, Delivered)
        assert outcome.attempt.security.policy == "opportunistic"


async def test_records_that_cannot_be_looked_up_keep_mail_waiting(dns, contexts) -> None:
    mx = Mx(OFFER, contexts["old"])
    outcome = await deliver(dns, "forged.signed.example", mx)
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.4.3"
    assert "the TLSA records (DANE) of mx.forged.signed.example" in outcome.reply.text
    assert mx.connections == 0
