"""Delivery to MX hosts over real sockets: what becomes of a message when the dialog breaks."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.settings import DeliverSettings, Timeouts
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered, Failed, Outcome, Unknown
from tests.deliver.fake_dns import FakeAnswer, FakeResolver
from tests.peers.certificate import write_certificate
from tests.peers.scripted_smtp import (
    BAD_TLS,
    DRIP,
    DROP,
    GO,
    HANG,
    HELLO,
    LOST_TLS,
    MESSAGE,
    OK,
    SESSION,
    TLS,
    ScriptedSmtp,
    scripted_smtp,
)

CONTENT = [b"Subject: x\r\n\r\n", b".dot\r\n"]
ENVELOPE = Envelope(return_path="me@a.example", recipient="you@b.example", size=20)
TLS_HELLO = "250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n"
PATIENT = Timeouts(goodbye=60)
"""All the time that a busy machine needs."""


def one_host(*addresses: str) -> FakeResolver:
    return FakeResolver(
        {
            ("b.example", "MX"): FakeAnswer(records=("10 mx.b.example",)),
            ("mx.b.example", "A"): FakeAnswer(records=addresses or ("127.0.0.1",)),
        }
    )


def settings(port: int, **changes: object) -> DeliverSettings:
    plain = DeliverSettings(
        hello="me.example",
        smtp_port=port,
        allow_private_destinations=True,
        wait_s=600,
        hangs_s=600,
        idle_s=600,
        timeouts=PATIENT,
    )
    return replace(plain, **changes)


def quick_where_silent(script: Sequence[str]) -> Timeouts:
    """Little time for the one step that is never answered, and no less than usual for the others:
    a machine that stops for a moment must not end the dialog before it.
    """
    silent = [number for number, step in enumerate(script) if step in {HANG, DRIP}]
    if not silent:
        return PATIENT
    after = len(script) if GO not in script else script.index(GO)
    step = "greeting" if silent[0] == 0 else "command" if silent[0] < after else "final_dot"
    return replace(PATIENT, **{step: 0.3}, goodbye=2)


async def deliver(
    peer: ScriptedSmtp,
    *envelopes: Envelope,
    resolver: FakeResolver | None = None,
    timeouts: Timeouts = PATIENT,
) -> list[Outcome]:
    """Deliver messages one after the other, then close."""
    how = settings(peer.port, timeouts=timeouts)
    deliverer = MxDeliverer(resolver or one_host(), how)
    outcomes = [await deliverer.deliver(one, CONTENT) for one in envelopes or (ENVELOPE,)]
    await deliverer.close()
    return outcomes


# (the script of the only connection, the outcome, its status)
BROKEN: list[tuple[Sequence[str], type[Outcome], str | None]] = [
    ((DROP,), Deferred, "4.4.2"),
    ((HANG,), Deferred, "4.4.2"),
    (("garbage\r\n",), Deferred, "4.5.0"),
    ((DRIP,), Deferred, "4.4.2"),
    (("554 5.3.2 no\r\n",), Failed, "5.3.2"),
    (("220 mx\r\n", DROP), Deferred, "4.4.2"),
    (("220 mx\r\n", HANG), Deferred, "4.4.2"),
    (("220 mx\r\n", DRIP), Deferred, "4.4.2"),
    (("220 mx\r\n", "421 4.3.2 busy\r\n"), Deferred, "4.3.2"),
    ((*SESSION, DROP), Deferred, "4.4.2"),
    ((*SESSION, HANG), Deferred, "4.4.2"),
    ((*SESSION, DRIP), Deferred, "4.4.2"),
    ((*SESSION, OK, DROP), Deferred, "4.4.2"),
    ((*SESSION, OK, OK, DROP), Deferred, "4.4.2"),
    ((*SESSION, OK, OK, HANG), Deferred, "4.4.2"),
    ((*SESSION, OK, OK, GO, DROP), Unknown, "4.4.2"),
    ((*SESSION, OK, OK, GO, HANG), Unknown, "4.4.2"),
    ((*SESSION, OK, OK, GO, DRIP), Unknown, "4.4.2"),
    ((*SESSION, OK, OK, GO, "x" * 5000), Unknown, "4.5.0"),
    ((*SESSION, OK, OK, GO, "451 4.3.0 later\r\n"), Deferred, "4.3.0"),
    ((*SESSION, OK, "550 5.1.1 no\r\n", "554 none\r\n"), Failed, "5.1.1"),
    ((*SESSION, OK, "450 4.2.1 no\r\n", "354 go\r\n", "554 none\r\n"), Deferred, "4.2.1"),
    ((*SESSION, OK, "550 5.1.1 no\r\n", DROP), Failed, "5.1.1"),
    ((*SESSION, *MESSAGE), Delivered, "2.0.0"),
    (("220 mx\r\n", "502 what\r\n", "250 mx\r\n", *MESSAGE), Delivered, "2.0.0"),
    (("220 mx\r\n", "250 mx\r\n", *MESSAGE), Delivered, "2.0.0"),
]


@pytest.mark.parametrize(("script", "kind", "status"), BROKEN)
async def test_a_dialog_that_breaks_anywhere_has_its_outcome(script, kind, status):
    async with scripted_smtp(script) as peer:
        (outcome,) = await deliver(peer, timeouts=quick_where_silent(script))
    assert (type(outcome), outcome.reply.enhanced) == (kind, status)
    assert outcome.attempt.host == "mx.b.example"
    assert outcome.attempt.address == "127.0.0.1"
    assert outcome.attempt.steps


async def test_the_content_arrives_as_it_was_with_its_dots_stuffed():
    async with scripted_smtp((*SESSION, *MESSAGE)) as peer:
        await deliver(peer)
    assert peer.contents == [b"Subject: x\r\n\r\n..dot\r\n.\r\n"]
    assert peer.heard[0][-1] == "QUIT"


async def test_a_large_message_arrives_whole():
    content = [b"Subject: x\r\n\r\n", (b"." * 70 + b"\r\n") * 50_000]
    async with scripted_smtp((*SESSION, *MESSAGE)) as peer:
        deliverer = MxDeliverer(one_host(), settings(peer.port))
        outcome = await deliverer.deliver(ENVELOPE, content)
        await deliverer.close()
    assert isinstance(outcome, Delivered)
    (taken,) = peer.contents
    assert taken == content[0] + (b"." * 71 + b"\r\n") * 50_000 + b".\r\n"


async def test_a_kept_connection_takes_the_next_message_without_greeting_again():
    async with scripted_smtp((*SESSION, *MESSAGE, *MESSAGE)) as peer:
        outcomes = await deliver(peer, ENVELOPE, ENVELOPE)
    assert [type(one) for one in outcomes] == [Delivered, Delivered]
    assert len(peer.heard) == 1
    assert [step.name for step in outcomes[1].attempt.steps] == ["MAIL", "RCPT", "DATA", "content"]


@pytest.mark.parametrize("end", [DROP, "421 4.4.2 idle\r\n"])
async def test_a_kept_connection_that_is_gone_is_replaced_within_the_attempt(end):
    async with scripted_smtp((*SESSION, *MESSAGE, end), (*SESSION, *MESSAGE)) as peer:
        outcomes = await deliver(peer, ENVELOPE, ENVELOPE)
    assert [type(one) for one in outcomes] == [Delivered, Delivered]
    assert len(peer.heard) == 2


async def test_a_connection_takes_no_more_messages_than_it_may():
    async with scripted_smtp((*SESSION, *MESSAGE), (*SESSION, *MESSAGE)) as peer:
        deliverer = MxDeliverer(one_host(), settings(peer.port, messages_per_connection=1))
        for _ in range(2):
            assert isinstance(await deliverer.deliver(ENVELOPE, CONTENT), Delivered)
        await deliverer.close()
    assert [heard[-1] for heard in peer.heard] == ["QUIT", "QUIT"]


async def test_more_messages_than_connections_wait_their_turn():
    scripts = [(*SESSION, *MESSAGE * 10)] * 2
    async with scripted_smtp(*scripts) as peer:
        deliverer = MxDeliverer(one_host(), settings(peer.port, connections_per_destination=2))
        outcomes = await asyncio.gather(*(deliverer.deliver(ENVELOPE, CONTENT) for _ in range(10)))
        await deliverer.close()
    assert {type(one) for one in outcomes} == {Delivered}
    assert len(peer.heard) == 2


async def test_an_idle_connection_gives_way_when_there_are_too_many():
    resolver = one_host()
    resolver.answers |= {
        ("c.example", "MX"): FakeAnswer(records=("10 mx.c.example",)),
        ("mx.c.example", "A"): FakeAnswer(records=("127.0.0.1",)),
    }
    async with scripted_smtp((*SESSION, *MESSAGE), (*SESSION, *MESSAGE)) as peer:
        deliverer = MxDeliverer(resolver, settings(peer.port, connections=1))
        for recipient in ("you@b.example", "you@c.example"):
            envelope = replace(ENVELOPE, recipient=recipient)
            assert isinstance(await deliverer.deliver(envelope, CONTENT), Delivered)
        await deliverer.close()
    assert len(peer.heard) == 2


async def test_who_waits_too_long_for_a_connection_is_deferred():
    async with scripted_smtp((*SESSION, *MESSAGE)) as peer:
        deliverer = MxDeliverer(one_host(), settings(peer.port, connections=0, wait_s=0.01))
        outcome = await deliverer.deliver(ENVELOPE, CONTENT)
        await deliverer.close()
    assert (type(outcome), outcome.reply.enhanced) == (Deferred, "4.4.5")


async def test_a_delivery_that_is_cancelled_sends_nothing_more():
    async with scripted_smtp((*SESSION, OK, OK, HANG)) as peer:
        deliverer = MxDeliverer(one_host(), settings(peer.port))
        task = asyncio.create_task(deliverer.deliver(ENVELOPE, CONTENT))
        await peer.hanging.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await deliverer.close()
    assert peer.contents == []


@pytest.fixture(scope="module")
def server_tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    file: Path = tmp_path_factory.mktemp("tls") / "mx.pem"
    write_certificate(file, "mx.b.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_tls_is_used_when_offered_and_the_attempt_says_which(server_tls):
    script = ("220 mx\r\n", TLS_HELLO, TLS, HELLO, *MESSAGE)
    async with scripted_smtp(script, context=server_tls) as peer:
        (outcome,) = await deliver(peer, replace(ENVELOPE, tls_required=True))
    assert isinstance(outcome, Delivered)
    assert outcome.attempt.tls == "TLSv1.3"


BROKEN_TLS = [("220 mx\r\n", TLS_HELLO, broken) for broken in (BAD_TLS, LOST_TLS, DROP)]


@pytest.mark.parametrize("script", BROKEN_TLS[:2])
async def test_without_a_handshake_a_fresh_connection_goes_on_in_plain_text(script):
    plain = ("220 mx\r\n", TLS_HELLO, *MESSAGE, *MESSAGE)
    async with scripted_smtp(script, plain) as peer:
        outcomes = await deliver(peer, ENVELOPE, ENVELOPE)
    assert [type(one) for one in outcomes] == [Delivered, Delivered]
    assert outcomes[0].attempt.tls == ""
    assert "STARTTLS" not in peer.heard[1]
    assert len(peer.heard) == 2


@pytest.mark.parametrize("script", BROKEN_TLS)
async def test_what_must_be_encrypted_waits_when_the_handshake_fails(script):
    async with scripted_smtp(script, (*SESSION, *MESSAGE)) as peer:
        (outcome,) = await deliver(peer, replace(ENVELOPE, tls_required=True))
    assert isinstance(outcome, Deferred)
    assert len(peer.heard) == 1
    assert peer.contents == []


async def test_what_must_be_encrypted_fails_where_no_tls_is_offered():
    async with scripted_smtp((*SESSION, *MESSAGE)) as peer:
        (outcome,) = await deliver(peer, replace(ENVELOPE, tls_required=True))
    assert (type(outcome), outcome.reply.enhanced) == (Failed, "5.7.10")
    assert peer.contents == []


@pytest.mark.parametrize(
    "first", [(DROP,), ("554 no\r\n",), ("421 busy\r\n",), ("220 mx\r\n", "450 not you\r\n")]
)
async def test_a_host_that_refuses_the_session_leaves_the_next_one_its_chance(first):
    async with scripted_smtp(first, (*SESSION, *MESSAGE)) as peer:
        (outcome,) = await deliver(peer, resolver=two_hosts())
    assert isinstance(outcome, Delivered)
    assert outcome.attempt.host == "mx2.b.example"


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ((*SESSION, OK, "450 later\r\n", "503 no\r\n"), Deferred),
        ((*SESSION, OK, "550 no\r\n", "503 no\r\n"), Failed),
        ((*SESSION, OK, OK, GO, DROP), Unknown),
    ],
)
async def test_what_a_host_says_of_the_message_is_final_for_the_attempt(first, kind):
    async with scripted_smtp(first, (*SESSION, *MESSAGE)) as peer:
        (outcome,) = await deliver(peer, resolver=two_hosts())
    assert isinstance(outcome, kind)
    assert len(peer.heard) == 1


def two_hosts() -> FakeResolver:
    return FakeResolver(
        {
            ("b.example", "MX"): FakeAnswer(records=("20 mx2.b.example", "10 mx1.b.example")),
            ("mx1.b.example", "A"): FakeAnswer(records=("127.0.0.1",)),
            ("mx2.b.example", "A"): FakeAnswer(records=("127.0.0.1",)),
        }
    )


async def test_our_own_address_and_port_are_a_loop():
    own = frozenset({("127.0.0.1", 25)})
    deliverer = MxDeliverer(one_host(), settings(25, own_endpoints=own))
    outcome = await deliverer.deliver(ENVELOPE, CONTENT)
    assert (type(outcome), outcome.reply.enhanced) == (Failed, "5.4.6")
    await deliverer.close()
