"""Relay mode through Debian's Postfix, which takes a login by SASL, and over TLS alone."""

import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from pillarbox.base.settings import Relay
from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.relay import RelayHost
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.deliver.way_out import LOGIN, RELAY, WayOut
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered, Failed, Outcome
from tests.deliver.fake_dns import FakeAnswer, FakeResolver
from tests.peers import postfix
from tests.peers.authority import Certified
from tests.peers.postfix_smart_host import (
    FROM_START,
    HOST,
    ONLY_LOGIN,
    STRICT,
    SmartHost,
    postfix_smart_host,
)
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.skipif(not postfix.available(), reason="needs Debian's postfix, and root"),
]

USER, PASSWORD, WRONG = "me", "correct horse", "battery staple"
USUAL = "127.0.0.1"
LETTER = Envelope(return_path="v+1@bounce.example", recipient="you@far.example", size=18)
HEADER = (
    b"From: a@us.example\r\nTo: you@far.example\r\nSubject: s\r\n  folded\r\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 +0000\r\nMessage-ID: <1@us.example>\r\n\r\n"
)
CONTENT = (HEADER, b".\r\n..two\r\n" + b"x" * 990 + b"\r\n\r\n")
ROOT = Certified.issue("root", authority=True)
SHOWN = Certified.issue("relay", ROOT, hosts=[HOST])


@pytest.fixture(scope="module")
def host() -> Iterator[SmartHost]:
    with postfix_smart_host(USER, PASSWORD, SHOWN) as running:
        yield running


class Sending:
    """What delivers to the smart host, at one of its addresses, with a login."""

    def __init__(self, host: SmartHost, folder: Path, address: str = USUAL, **more: str) -> None:
        authorities = folder / "root.pem"
        authorities.write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
        given = {"host": HOST, "username": USER, "password": PASSWORD} | more
        self.way_out = WayOut()
        self._host = RelayHost(
            Relay(port=host.port, **given),
            DeliverSettings(hello="us.example"),
            FakeResolver({(HOST, "A"): FakeAnswer(records=(address,))}),
            TlsContexts(str(authorities)),
            self.way_out,
        )

    async def deliver(self, *recipients: str) -> list[Outcome]:
        envelopes = [
            Envelope(return_path=LETTER.return_path, recipient=one, size=LETTER.size)
            for one in recipients or (LETTER.recipient,)
        ]
        try:
            return [await self._host.deliver(None, None, one, CONTENT) for one in envelopes]
        finally:
            await self._host.close()


REFUSAL = "535 5.7.8 Error: authentication failed: authentication failure"
SECURED, AT_ONCE = ["connect", "EHLO", "STARTTLS", "TLS", "EHLO"], ["TLS", "connect", "EHLO"]
ASKED = ["AUTH"] * 3  # LOGIN asks for the name, then for the password
MAIL = ["MAIL", "RCPT", "DATA", "content"]


@pytest.mark.parametrize(
    ("address", "tls", "mechanism", "session"),
    [
        (USUAL, "starttls", "PLAIN", [*SECURED, "AUTH"]),
        (ONLY_LOGIN, "starttls", "LOGIN", SECURED + ASKED),
        (FROM_START, "tls", "PLAIN", [*AT_ONCE, "AUTH"]),
    ],
    ids=["STARTTLS and PLAIN", "STARTTLS and LOGIN", "TLS from the start"],
)
async def test_the_right_login_sends_once_the_session_is_encrypted(
    host: SmartHost, tmp_path: Path, address: str, tls: str, mechanism: str, session: list[str]
) -> None:
    before = len(host.taken())
    sending = Sending(host, tmp_path, address, tls=tls)
    first, second = await sending.deliver("you@far.example", "you@other.example")
    assert isinstance(first, Delivered)
    assert isinstance(second, Delivered)
    assert first.attempt.security.verified
    assert [one.name for one in first.attempt.steps] == session + MAIL
    assert sending.way_out.troubles == {}
    number = first.reply.text.rpartition(" ")[2]
    known = rf"{number}: client=\S+, sasl_method={mechanism}, sasl_username={USER}@{HOST}\n"
    until(
        lambda: re.search(known, host.log()) is not None,
        ARRIVAL_SECONDS,
        "the login in Postfix's log",
    )
    until(lambda: len(host.taken()) == before + 2, ARRIVAL_SECONDS, "both in the mailbox")
    for own, message in host.taken()[before:]:
        assert message == b"".join(CONTENT)
        assert b"Return-Path: <v+1@bounce.example>\n" in own


async def test_a_wrong_login_delays_with_its_reason_and_is_not_repeated(
    host: SmartHost, tmp_path: Path
) -> None:
    sending = Sending(host, tmp_path, password=WRONG)
    first, second = await sending.deliver("you@far.example", "you@far.example")
    assert isinstance(first, Deferred)
    assert isinstance(second, Deferred)
    assert str(first.reply) == f"454 4.7.0 the server refused the login: {REFUSAL}"
    assert set(sending.way_out.troubles) == {LOGIN}
    assert first.attempt.steps[-1].name == "AUTH"
    assert second.attempt.steps == (), "a second login would help to lock the account"
    assert WRONG not in f"{first} {second} {sending.way_out.troubles}"


#: What the settings lack, and what is said of it in the delay.
OUR_TROUBLE = {
    "no login": ({"username": "", "password": ""}, USUAL, LOGIN, "Access denied"),
    "no TLS": ({"tls": "none"}, USUAL, LOGIN, "offers neither AUTH PLAIN nor AUTH LOGIN"),
    "return path not allowed": ({}, STRICT, RELAY, "not owned by user me"),
}


@pytest.mark.parametrize(
    ("more", "address", "kind", "words"), OUR_TROUBLE.values(), ids=OUR_TROUBLE
)
async def test_what_it_refuses_us_for_bounces_nothing(
    host: SmartHost, tmp_path: Path, more: dict[str, str], address: str, kind: str, words: str
) -> None:
    before = len(host.taken())
    sending = Sending(host, tmp_path, address, **more)
    (outcome,) = await sending.deliver()
    assert isinstance(outcome, Deferred)
    assert outcome.own_delay is not None
    assert words in outcome.reply.text
    assert set(sending.way_out.troubles) == {kind}
    assert len(host.taken()) == before


async def test_what_it_says_of_a_recipient_is_that_messages_outcome(
    host: SmartHost, tmp_path: Path
) -> None:
    before = len(host.taken())
    sending = Sending(host, tmp_path)
    outcomes = await sending.deliver("refused@far.example", "you@far.example")
    assert [type(one) for one in outcomes] == [Failed, Delivered]
    assert outcomes[0].reply.enhanced == "5.1.1"
    assert sending.way_out.troubles == {}
    until(lambda: len(host.taken()) == before + 1, ARRIVAL_SECONDS, "the other in the mailbox")
