"""Relay mode: all mail through one smart host; what that says of us bounces nothing."""

import base64
import ssl
from pathlib import Path

import pytest

from pillarbox.base.errors import StartError
from pillarbox.base.settings import Deliver, Relay, Settings, Tls
from pillarbox.deliver import relay as module
from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.relay import RelayHost, check_authorities, read_login
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.deliver.way_out import LOGIN, RELAY, WayOut
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered, Failed
from tests.deliver.fake_dns import FakeAnswer, FakeResolver
from tests.peers.certificate import write_certificate
from tests.peers.scripted_smtp import GO, MESSAGE, OK, TLS, ScriptedSmtp, scripted_smtp

SECRET = "correct horse"
PLAIN = "AUTH PLAIN " + base64.b64encode(f"\0me\0{SECRET}".encode()).decode()
LETTER = Envelope(return_path="v+1@bounce.example", recipient="you@there.example", size=18)
CONTENT = (b"Subject: s\r\n\r\n", b"hi\r\n")
GREET = "220 relay\r\n"
BOTH = "250-relay\r\n250-PIPELINING\r\n250 AUTH LOGIN PLAIN\r\n"
ONLY_LOGIN = "250-relay\r\n250-PIPELINING\r\n250 AUTH LOGIN\r\n"
STARTTLS = "250-relay\r\n250 STARTTLS\r\n"
WELCOME = "235 2.7.0 welcome\r\n"
DNS = FakeResolver({("relay.test", "A"): FakeAnswer(records=("127.0.0.1",))})


class World:
    """A smart host and what delivers to it."""

    def __init__(self, peer: ScriptedSmtp, trusted: TlsContexts | None = None, **more) -> None:
        given = {"host": "relay.test", "port": peer.port, "tls": "none", "username": "me"}
        given |= {"password": SECRET} | more
        self.way_out = WayOut()
        self.relay = RelayHost(
            Relay(**given),
            DeliverSettings(hello="us.test"),
            DNS,
            trusted or TlsContexts(),
            self.way_out,
        )

    async def deliver(self, envelope: Envelope = LETTER):
        return await self.relay.deliver(None, None, envelope, CONTENT)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "relay.pem"
    write_certificate(file, "relay.test")
    return file


def serving(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_it_logs_in_once_and_keeps_the_connection_and_the_return_path():
    async with scripted_smtp((GREET, BOTH, WELCOME, *MESSAGE, *MESSAGE)) as peer:
        world = World(peer)
        assert isinstance(await world.deliver(), Delivered)
        assert isinstance(await world.deliver(), Delivered)
        await world.relay.close()
    (heard,) = peer.heard
    assert heard[:2] == ["EHLO us.test", PLAIN]
    assert heard.count("MAIL FROM:<v+1@bounce.example>") == 2
    assert len(peer.contents) == 2


async def test_login_is_used_where_plain_is_not_offered():
    script = (GREET, ONLY_LOGIN, "334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", WELCOME, *MESSAGE)
    async with scripted_smtp(script) as peer:
        outcome = await World(peer).deliver()
    assert isinstance(outcome, Delivered)
    assert [base64.b64decode(line).decode() for line in peer.heard[0][2:4]] == ["me", SECRET]


async def test_without_a_username_nobody_logs_in():
    async with scripted_smtp((GREET, BOTH, *MESSAGE)) as peer:
        outcome = await World(peer, username="", password="").deliver()
    assert isinstance(outcome, Delivered)
    assert peer.heard[0][1].startswith("MAIL")


CLIENT = "<unknown[192.0.2.1]>: Client host rejected: Access denied"
NOT_LOGGED_IN = "<v+1@bounce.example>: Sender address rejected: not logged in"
REFUSALS = {
    "535": (GREET, BOTH, f"535 5.7.8 bad login {PLAIN}\r\n"),
    "454": (GREET, BOTH, "454 4.7.0 not now\r\n"),
    "no mechanism": (GREET, "250-relay\r\n250 AUTH CRAM-MD5\r\n"),
    "no AUTH": (GREET, "250 relay\r\n"),
    "asks for ever": (GREET, BOTH, "334 \r\n", "334 \r\n"),
    "530 to MAIL": (GREET, BOTH, WELCOME, "530 5.7.0 log in first\r\n"),
    "not its client": (GREET, BOTH, WELCOME, OK, f"554 5.7.1 {CLIENT}\r\n"),
    "not logged in": (GREET, BOTH, WELCOME, f"553 5.7.1 {NOT_LOGGED_IN}\r\n"),
    "denied at RCPT": (GREET, BOTH, WELCOME, OK, "554 5.7.1 <y>: Relay access denied\r\n"),
}


@pytest.mark.parametrize("script", REFUSALS.values(), ids=REFUSALS)
async def test_a_refused_login_delays_is_told_and_is_not_tried_again_at_once(script, caplog):
    async with scripted_smtp(script) as peer:
        world = World(peer)
        first, second = await world.deliver(), await world.deliver()
        await world.relay.close()
    assert isinstance(first, Deferred)
    assert isinstance(second, Deferred)
    assert first.own_delay is not None
    assert len(peer.heard) == 1, "a second login would help to lock the account"
    assert set(world.way_out.troubles) == {LOGIN}
    assert "relay.test" in caplog.text
    shown = f"{caplog.text} {first} {second} {world.way_out.troubles}"
    assert SECRET not in shown
    assert PLAIN.split()[-1] not in shown


async def test_after_the_pause_a_changed_password_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_S", 0.0)
    file = tmp_path / "password"
    file.write_text("wrong\n")
    scripts = ((GREET, BOTH, "535 no\r\n"), (GREET, BOTH, WELCOME, *MESSAGE))
    async with scripted_smtp(*scripts) as peer:
        world = World(peer, password="", password_file=str(file))
        file.write_text(f"{SECRET}\n")
        assert isinstance(await world.deliver(), Deferred)
        assert isinstance(await world.deliver(), Delivered)
    assert peer.heard[1][1] == PLAIN
    assert world.way_out.troubles == {}


SENDERS = {
    "Postfix": "553 5.7.1 <v+1@bounce.example>: Sender address rejected: not owned by user me\r\n",
    "SES": "554 Message rejected: Email address is not verified.\r\n",
}


@pytest.mark.parametrize("refusal", SENDERS.values(), ids=SENDERS)
async def test_a_smart_host_that_forbids_our_sender_delays_that_mail_alone(refusal):
    first, second = (OK, OK, GO, refusal), MESSAGE
    async with scripted_smtp((GREET, BOTH, WELCOME, *first, *second)) as peer:
        world = World(peer)
        outcome = await world.deliver()
        assert set(world.way_out.troubles) == {RELAY}
        assert isinstance(await world.deliver(), Delivered)
    assert isinstance(outcome, Deferred)
    assert outcome.own_delay is not None
    assert "does not take mail from us: 55" in outcome.reply.text
    assert world.way_out.troubles == {}


SESSIONS = {
    "greets 554": ("554 5.7.1 blocked\r\n",),
    "greets 421": ("421 4.3.2 busy\r\n",),
    "hangs up": ("drop",),
    "no TLS": (GREET, "250 relay\r\n"),
}


@pytest.mark.parametrize("script", SESSIONS.values(), ids=SESSIONS)
async def test_a_smart_host_that_can_not_be_used_delays_the_mail(script):
    async with scripted_smtp(script) as peer:
        world = World(peer, tls="starttls")
        outcome = await world.deliver()
    assert isinstance(outcome, Deferred)
    assert outcome.reply.code < 500
    assert set(world.way_out.troubles) == {RELAY}


async def test_a_name_without_an_address_delays_the_mail():
    async with scripted_smtp() as peer:
        outcome = await World(peer, host="nowhere.test").deliver()
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.4.3"


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ((OK, "550 5.1.1 no such user\r\n"), Failed),
        ((OK, "451 4.2.0 later\r\n"), Deferred),
        ((OK, OK, GO, "554 5.7.1 spam\r\n"), Failed),
    ],
    ids=["no such user", "greylisted", "spam"],
)
async def test_what_it_says_of_a_message_is_the_messages_outcome(replies, kind):
    async with scripted_smtp((GREET, BOTH, WELCOME, *replies)) as peer:
        world = World(peer)
        outcome = await world.deliver()
    assert isinstance(outcome, kind)
    assert getattr(outcome, "own_delay", None) is None
    assert world.way_out.troubles == {}


@pytest.mark.parametrize(
    ("tls", "script"),
    [
        ("starttls", (GREET, STARTTLS, TLS, BOTH, WELCOME, *MESSAGE)),
        ("tls", (GREET, BOTH, WELCOME, *MESSAGE)),
    ],
)
async def test_tls_comes_before_the_login_and_the_certificate_is_verified(certificate, tls, script):
    believed = TlsContexts(str(certificate))
    context = serving(certificate)
    wrapped = {"ssl_from_start": tls == "tls"}
    async with scripted_smtp(script, script, context=context, **wrapped) as peer:
        outcome = await World(peer, believed, tls=tls).deliver()
        doubted = await World(peer, tls=tls).deliver()
    assert isinstance(outcome, Delivered)
    assert outcome.attempt.tls.startswith("TLS")
    assert isinstance(doubted, Deferred)
    assert doubted.reply.enhanced == "4.7.5"
    assert "certificate" in doubted.reply.text
    assert sum(PLAIN in heard for heard in peer.heard) == 1, "no login without trust"


async def test_a_message_that_requires_tls_does_not_go_in_plain_text():
    async with scripted_smtp((GREET, BOTH, WELCOME, *MESSAGE)) as peer:
        envelope = Envelope(return_path="", recipient="a@b.test", size=1, tls_required=True)
        outcome = await World(peer).deliver(envelope)
    assert isinstance(outcome, Deferred)
    assert peer.heard == []


@pytest.mark.parametrize(
    ("script", "found"),
    [((GREET, BOTH, WELCOME), None), ((GREET, BOTH, "535 5.7.8 no\r\n"), "refused the login")],
    ids=["taken", "refused"],
)
async def test_a_check_logs_in_and_sends_nothing(script, found):
    async with scripted_smtp(script) as peer:
        why = await World(peer).relay.check()
    assert (why is None) if found is None else (found in why.text)
    assert not any(line.startswith("MAIL") for line in peer.heard[0])


def test_a_password_that_can_not_be_read_is_said_at_the_start(tmp_path):
    empty = tmp_path / "empty"
    empty.write_text("\n")
    for file in (empty, tmp_path / "gone"):
        relay = Relay(host="h", username="me", password_file=str(file))
        with pytest.raises(StartError, match="password_file"):
            read_login(relay)
    settings = Settings(
        data=tmp_path, deliver=Deliver(mode="relay"), tls=Tls(ca_file=str(tmp_path / "gone"))
    )
    with pytest.raises(StartError, match="ca_file"):
        check_authorities(settings)
    assert SECRET not in repr(read_login(Relay(host="h", username="me", password=SECRET)))
