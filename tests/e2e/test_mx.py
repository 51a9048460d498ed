"""Delivery over real sockets: what scripted servers say decides who gets the message."""

import asyncio
import ssl
from dataclasses import replace

import pytest

from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered, Failed, Outcome, Unknown
from tests.e2e.mx_world import LETTER, OFFER, SECURE, TIMES, world
from tests.peers.scripted_mx import HANG_UP, Mx
from tests.peers.wait import free_port

STEPS = ("connect", "EHLO", "MAIL", "RCPT", "DATA")


@pytest.mark.parametrize("ehlo", ["250 mx", "250-mx\r\n250 PIPELINING"])
async def test_a_message_arrives_at_the_first_host(ehlo: str) -> None:
    async with world(Mx({"EHLO": ehlo})) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Delivered)
    assert outcome.reply.text == "2.0.0 queued"
    assert (outcome.attempt.host, outcome.attempt.address) == ("mx1.there.example", "127.0.0.1")
    assert here.first.messages == [b"Subject: s\r\n\r\n..hi\r\n.\r\n"]
    assert here.second.connections == 0
    assert here.first.verbs == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.parametrize("step", ["connect", "EHLO"])
@pytest.mark.parametrize("reply", [HANG_UP, "421 4.3.2 not now", "554 5.7.1 go away", "nonsense"])
async def test_a_host_that_refuses_to_talk_is_passed_over(step: str, reply: str) -> None:
    replies = {step: reply, "HELO": reply}
    async with world(Mx(replies)) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Delivered)
    assert outcome.attempt.host == "mx2.there.example"
    assert here.first.connections == 1


@pytest.mark.parametrize("step", STEPS)
async def test_where_every_host_hangs_up_mail_is_deferred(step: str) -> None:
    async with world(Mx({step: HANG_UP}), Mx({step: HANG_UP})) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.4.2"
    assert here.first.messages == here.second.messages == []


@pytest.mark.parametrize(
    ("step", "reply", "kind"),
    [
        ("MAIL", "550 5.7.1 not from you", Failed),
        ("RCPT", "550 5.1.1 no such user", Failed),
        ("RCPT", "451 4.2.0 greylisted", Deferred),
        ("RCPT", HANG_UP, Deferred),
        ("DATA", "554 5.3.0 no", Failed),
        ("content", "554 5.7.1 spam", Failed),
        ("content", "451 4.3.0 later", Deferred),
    ],
)
async def test_what_a_host_says_to_the_message_is_final(
    step: str, reply: str, kind: type[Outcome]
) -> None:
    async with world(Mx({step: reply})) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, kind)
    assert reply in {str(outcome.reply), HANG_UP}
    assert outcome.attempt.host == "mx1.there.example"
    assert here.second.connections == 0


async def test_a_host_that_hangs_up_after_the_dot_may_have_it_so_no_other_is_tried() -> None:
    async with world(Mx({"content": HANG_UP})) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Unknown)
    assert len(here.first.messages) == 1
    assert here.first.connections == 1
    assert here.second.connections == 0


async def test_a_host_that_says_nothing_after_the_dot_leaves_it_unknown() -> None:
    times = replace(TIMES, final_dot=0.05)
    async with world(Mx(gate=asyncio.Event()), timeouts=times) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Unknown)
    assert here.second.connections == 0


async def test_a_host_that_never_greets_is_passed_over() -> None:
    times = replace(TIMES, greeting=1)  # the other host has to greet within it
    async with world(Mx({"connect": "220-wait"}), timeouts=times) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Delivered)
    assert outcome.attempt.host == "mx2.there.example"


@pytest.mark.parametrize("letter", [LETTER, SECURE])
async def test_where_tls_is_offered_mail_goes_over_it(
    server_tls: ssl.SSLContext, letter: Envelope
) -> None:
    async with world(Mx(OFFER, server_tls)) as here:
        outcome = await here.deliver(letter)
    assert isinstance(outcome, Delivered)
    assert outcome.attempt.tls.startswith("TLS")
    assert here.first.secured == [True]


async def test_after_a_broken_handshake_mail_goes_in_plain_text_and_stays_so() -> None:
    async with world(Mx(OFFER)) as here:
        outcomes = [await here.deliver(), await here.deliver()]
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert here.first.secured == [False, False]
    assert here.first.verbs.count("STARTTLS") == 1
    assert here.second.connections == 0
    (broken,) = outcomes[0].attempt.passed_over
    assert [step.name for step in broken.steps] == ["connect", "EHLO", "STARTTLS", "TLS"]
    assert "WRONG_VERSION_NUMBER" in broken.steps[-1].reply
    assert outcomes[1].attempt.passed_over == ()


@pytest.mark.parametrize(
    ("replies", "kind", "enhanced"),
    [
        pytest.param(OFFER, Deferred, "4.7.5", id="broken handshake"),
        pytest.param(OFFER | {"STARTTLS": "454 no"}, Deferred, "4.7.5", id="refused"),
        pytest.param({}, Failed, "5.7.10", id="not offered"),
    ],
)
async def test_where_tls_is_required_nothing_goes_without(
    replies: dict[str, str], kind: type[Outcome], enhanced: str
) -> None:
    async with world(Mx(dict(replies)), Mx(dict(replies))) as here:
        outcome = await here.deliver(SECURE)
    assert isinstance(outcome, kind)
    assert outcome.reply.enhanced == enhanced
    assert "MAIL" not in here.first.verbs + here.second.verbs


async def test_a_host_with_broken_tls_is_passed_over_where_tls_is_required(
    server_tls: ssl.SSLContext,
) -> None:
    async with world(Mx(OFFER), Mx(OFFER, server_tls)) as here:
        outcome = await here.deliver(SECURE)
    assert isinstance(outcome, Delivered)
    assert (here.first.secured, here.second.secured) == ([], [True])


async def test_a_host_that_is_us_is_not_tried_nor_those_after_it() -> None:
    port = free_port()
    own = frozenset({("127.0.0.1", port)})
    async with world(smtp_port=port, own_endpoints=own) as here:
        outcome = await here.deliver()
    assert isinstance(outcome, Failed)
    assert outcome.reply.enhanced == "5.4.6"
    assert here.first.connections == here.second.connections == 0
