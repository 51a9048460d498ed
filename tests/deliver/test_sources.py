"""Connections leave from where they are told to, and greet so; no two sources share one."""

import socket

import pytest

from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.settings import DeliverSettings, Source, Sources
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered
from tests.deliver.fake_dns import FakeAnswer, FakeResolver
from tests.peers.witness import Witness

CONTENT = [b"Subject: x\r\n\r\n", b"hi\r\n"]
DNS = FakeResolver(
    {
        ("b.example", "MX"): FakeAnswer(records=("10 mx.b.example",)),
        ("mx.b.example", "A"): FakeAnswer(records=("127.0.0.1",)),
    }
)


def source(address, hello):
    return Sources(ipv4=Source(bind=address, hello=hello), ipv6=None, pool="p")


TWO, THREE = source("127.0.0.2", "two.test"), source("127.0.0.3", "three.test")


@pytest.fixture
def peer():
    with Witness() as witness:
        yield witness


def deliverer(peer):
    return MxDeliverer(
        DNS,
        DeliverSettings(
            hello="us.test", smtp_port=peer.port, allow_private_destinations=True, idle_s=600
        ),
    )


def to(number):
    return Envelope(return_path="me@a.example", recipient=f"to{number}@b.example", size=18)


async def test_each_message_leaves_from_its_own_source_over_its_own_connections(peer):
    sending = deliverer(peer)
    for number, sources in enumerate([TWO, THREE, TWO, None, THREE, None]):
        assert isinstance(await sending.deliver(to(number), CONTENT, sources), Delivered)
    await sending.close()
    assert [(one.source, one.hello, one.connection) for one in peer.seen] == [
        ("127.0.0.2", "two.test", 1),
        ("127.0.0.3", "three.test", 2),
        ("127.0.0.2", "two.test", 1),
        ("127.0.0.1", "us.test", 3),
        ("127.0.0.3", "three.test", 2),
        ("127.0.0.1", "us.test", 3),
    ]


async def test_one_address_under_two_names_has_connections_for_each(peer):
    sending = deliverer(peer)
    for number, hello in enumerate(["a.test", "b.test"]):
        await sending.deliver(to(number), CONTENT, source("127.0.0.2", hello))
    await sending.close()
    assert [(one.hello, one.connection) for one in peer.seen] == [("a.test", 1), ("b.test", 2)]


async def test_the_outcome_names_the_source(peer):
    sending = deliverer(peer)
    outcome = await sending.deliver(to(1), CONTENT, TWO)
    await sending.close()
    assert outcome.attempt.source == "127.0.0.2"


async def test_an_address_this_machine_has_not_defers_and_nothing_leaves(peer):
    sending = deliverer(peer)
    outcome = await sending.deliver(to(1), CONTENT, source("192.0.2.1", "no.test"))
    await sending.close()
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.4.1"
    assert peer.connections == 0


async def test_a_pool_without_ipv4_waits_where_only_ipv4_would_do(peer):
    sending = deliverer(peer)
    only_v6 = Sources(ipv4=None, ipv6=Source(bind="::1", hello="six.test"), pool="p")
    outcome = await sending.deliver(to(1), CONTENT, only_v6)
    await sending.close()
    assert isinstance(outcome, Deferred)
    assert outcome.reply.text == "4.3.5 Pool p has no IPv4 address to reach mx.b.example from"
    assert peer.connections == 0


def ipv6_on_loopback():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not ipv6_on_loopback(), reason="the machine has no IPv6 loopback")
async def test_ipv6_is_preferred_where_the_pool_has_it(peer):
    dns = FakeResolver(
        DNS.answers | {("mx.b.example", "AAAA"): FakeAnswer(records=("::ffff:7f00:1",))}
    )
    settings = DeliverSettings(
        hello="us.test", smtp_port=peer.port, allow_private_destinations=True
    )
    sending = MxDeliverer(dns, settings)
    both = Sources(
        ipv4=Source(bind="127.0.0.2", hello="four.test"),
        ipv6=Source(bind="::ffff:7f00:3", hello="six.test"),
        pool="p",
    )
    assert isinstance(await sending.deliver(to(1), CONTENT, both), Delivered)
    await sending.close()
    assert [(one.source, one.hello) for one in peer.seen] == [("127.0.0.3", "six.test")]
