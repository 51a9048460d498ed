"""IPv6 is used where there is an address for it, and given up quickly for IPv4."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pillarbox.deliver.fallback import REMEMBER_S, Fallback
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.settings import DeliverSettings, Source
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Delivered
from tests.deliver.fake_dns import FakeAnswer, FakeResolver
from tests.peers.scripted_smtp import MESSAGE, SESSION, scripted_smtp

DNS = FakeResolver(
    {
        ("b.example", "MX"): FakeAnswer(records=("10 mx.b.example",)),
        ("mx.b.example", "A"): FakeAnswer(records=("127.0.0.1",)),
        ("mx.b.example", "AAAA"): FakeAnswer(records=("::1",)),
    }
)
LETTER = Envelope(return_path="me@a.example", recipient="to@b.example", size=18)
CONTENT = [b"Subject: x\r\n\r\n", b"hi\r\n"]
SIX = Source(bind="::1", hello="six.test")
FOUR = Source(bind="127.0.0.1", hello="four.test")


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


def sending(port: int, **more) -> MxDeliverer:
    values = {"hello": "us.test", "smtp_port": port, "allow_private_destinations": True}
    return MxDeliverer(DNS, DeliverSettings(**(values | more)))


@contextmanager
def silent(port: int) -> Iterator[None]:
    """At ::1 and this port nobody answers: the queue of connections is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_INET6))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("::1", port))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket(socket.AF_INET6))
            filler.setblocking(False)
            filler.connect_ex(("::1", port))
        yield


@needs_ipv6
async def test_with_an_ipv6_address_it_is_used_and_greets_with_its_name():
    script = (*SESSION, *MESSAGE)
    async with scripted_smtp(script, address="::1") as peer:
        outcome = await sending(peer.port, source_ipv6=SIX).deliver(LETTER, CONTENT)
    assert isinstance(outcome, Delivered)
    assert (outcome.attempt.address, outcome.attempt.source) == ("::1", "::1")
    assert peer.heard[0][0] == "EHLO six.test"


async def test_without_one_ipv6_is_not_used():
    async with scripted_smtp((*SESSION, *MESSAGE)) as peer:
        outcome = await sending(peer.port, source_ipv4=FOUR).deliver(LETTER, CONTENT)
    assert isinstance(outcome, Delivered)
    assert outcome.attempt.address == "127.0.0.1"
    assert outcome.attempt.passed_over == ()
    assert peer.heard[0][0] == "EHLO four.test"


@needs_ipv6
async def test_where_ipv6_is_silent_ipv4_follows_at_once_and_comes_first_the_next_time():
    script = (*SESSION, *MESSAGE, *MESSAGE)
    async with scripted_smtp(script) as peer:
        how = sending(peer.port, source_ipv6=SIX, fallback_s=0.05)
        with silent(peer.port):
            first = await how.deliver(LETTER, CONTENT)
        second = await how.deliver(LETTER, CONTENT)
        await how.close()
    assert isinstance(first, Delivered)
    assert isinstance(second, Delivered)
    assert [one.address for one in first.attempt.passed_over] == ["::1"]
    assert second.attempt.passed_over == ()


def test_only_an_address_with_another_kind_left_is_waited_for_briefly():
    plan = Fallback(2.0, lambda: 0.0).plan(["::1", "10.0.0.1", "::2", "10.0.0.2"])
    assert plan == [("::1", 2.0), ("10.0.0.1", 2.0), ("::2", 2.0), ("10.0.0.2", 0.0)]
    assert Fallback(2.0, lambda: 0.0).plan(["10.0.0.1", "10.0.0.2"]) == [
        ("10.0.0.1", 0.0),
        ("10.0.0.2", 0.0),
    ]


def test_a_silent_address_comes_last_for_a_while():
    now = [0.0]
    fallback = Fallback(2.0, lambda: now[0])
    fallback.was_silent("::1")
    assert [one for one, _ in fallback.plan(["::1", "10.0.0.1"])] == ["10.0.0.1", "::1"]
    now[0] = REMEMBER_S + 1
    assert [one for one, _ in fallback.plan(["::1", "10.0.0.1"])] == ["::1", "10.0.0.1"]
