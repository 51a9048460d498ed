"""Our side of an SMTP session: what each dialog means to the message, however its bytes come."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Attempt, Deferred, Delivered, Failed, Unknown
from pillarbox.proto.smtp.client import SmtpClient
from pillarbox.proto.smtp.events import Closed, Event, Finished, Ready, Refused, StartTls, Tls

CONTENT = [b"Subject: x\r\n\r\n", b".dot\r\n"]
ENVELOPE = Envelope(return_path="me@a.example", recipient="you@b.example", size=20)
HELLO = "250-mx\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000\r\n"
PLAIN_HELLO = "250 mx\r\n"
TLS_HELLO = "250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n"
COMMANDS = "MAIL FROM:<me@a.example> SIZE=20\r\nRCPT TO:<you@b.example>\r\nDATA\r\n"
WIRE = "Subject: x\r\n\r\n..dot\r\n.\r\n"


@dataclass
class Dialog:
    """A session in memory: what the server says in, what we sent and were told out."""

    tls: Tls = Tls.OFFERED
    sent: str = ""
    events: list[Event] = field(default_factory=list)
    now: int = 0

    def __post_init__(self) -> None:
        attempt = Attempt(host="mx.b.example", address="192.0.2.1")
        self.client = SmtpClient(hello="me.example", tls=self.tls, now=0, attempt=attempt)

    def hear(self, text: str, cuts: int = 0) -> "Dialog":
        data = text.encode()
        parts = [data[i : i + cuts] for i in range(0, len(data), cuts)] if cuts else [data]
        for part in parts:
            self.now += 10
            self._note(self.client.receive(part, self.now))
        return self

    def begin(self, envelope: Envelope = ENVELOPE, content: list[bytes] | None = None) -> "Dialog":
        self.sent = ""
        self.events = []
        content = CONTENT if content is None else content
        self._note(self.client.begin(envelope, content, self.now))
        return self

    def lose(self) -> "Dialog":
        self._note(self.client.lost("Connection lost", self.now))
        return self

    def _note(self, events: list[Event]) -> None:
        self.events += events
        self.sent += self.client.output().decode()
        while self.client.sending:
            chunk, more = self.client.content_chunk(self.now)
            self.sent += chunk.decode()
            self.events += more

    @property
    def finished(self) -> Finished:
        (found,) = [event for event in self.events if isinstance(event, Finished)]
        return found

    @property
    def refused(self) -> Refused:
        (found,) = [event for event in self.events if isinstance(event, Refused)]
        return found


def ready(hello: str = HELLO) -> Dialog:
    return Dialog().hear("220 mx\r\n").hear(hello)


def kept() -> Dialog:
    """A session that has delivered one message."""
    return ready().begin().hear("250 a\r\n250 b\r\n354 c\r\n").hear("250 d\r\n")


# (what the server says after a pipelined MAIL, RCPT, DATA; the outcome; its status; still ready)
PIPELINED = [
    (["250 ok\r\n250 ok\r\n354 go\r\n", "250 2.0.0 taken\r\n"], Delivered, "2.0.0", True),
    (["250 ok\r\n251 will forward\r\n354 go\r\n", "250 taken\r\n"], Delivered, None, True),
    (["250 ok\r\n250 ok\r\n354 go\r\n", "451 4.3.0 later\r\n"], Deferred, "4.3.0", True),
    (["250 ok\r\n250 ok\r\n354 go\r\n", "554 5.7.1 spam\r\n"], Failed, "5.7.1", True),
    (["250 ok\r\n250 ok\r\n354 go\r\n", "421 4.3.2 bye\r\n"], Deferred, "4.3.2", False),
    (["250 ok\r\n250 ok\r\n354 go\r\n", "garbage\r\n"], Unknown, "4.5.0", False),
    (["250 ok\r\n250 ok\r\n354 go\r\n", "354 again\r\n"], Unknown, "4.5.0", False),
    (["550 5.7.1 no\r\n503 no mail\r\n503 no rcpt\r\n"], Failed, "5.7.1", True),
    (["451 4.3.0 no\r\n503 no mail\r\n503 no rcpt\r\n"], Deferred, "4.3.0", True),
    (["250 ok\r\n550 5.1.1 no\r\n554 none\r\n"], Failed, "5.1.1", True),
    (["250 ok\r\n450 4.2.1 no\r\n503 none\r\n"], Deferred, "4.2.1", True),
    (["250 ok\r\n550 5.1.1 no\r\n354 go\r\n", "554 none\r\n"], Failed, "5.1.1", True),
    (["250 ok\r\n550 5.1.1 no\r\n354 go\r\n", "250 taken\r\n"], Failed, "5.1.1", True),
    (["250 ok\r\n250 ok\r\n451 4.3.1 full\r\n"], Deferred, "4.3.1", True),
    (["250 ok\r\n250 ok\r\n554 5.3.0 no\r\n"], Failed, "5.3.0", True),
    (["550 5.7.1 no\r\n250 ok\r\n354 go\r\n"], Failed, "5.7.1", False),
    (["421 4.7.0 slow\r\n"], Deferred, "4.7.0", False),
    (["250 ok\r\n421 4.7.0 slow\r\n"], Deferred, "4.7.0", False),
    (["354 what\r\n"], Deferred, "4.5.0", False),
    (["250 ok\r\n250 ok\r\n250 ok\r\n"], Deferred, "4.5.0", False),
    (["not smtp\r\n"], Deferred, "4.5.0", False),
    (["250 ok\r\n550 5.1.1 no\r\nnot smtp\r\n"], Failed, "5.1.1", False),
]


@pytest.mark.parametrize(("says", "kind", "status", "still_ready"), PIPELINED)
@pytest.mark.parametrize("cuts", [0, 1, 7])
def test_each_pipelined_dialog_has_its_outcome(says, kind, status, still_ready, cuts):
    dialog = ready().begin()
    assert dialog.sent == COMMANDS
    for text in says:
        dialog.hear(text, cuts)
    outcome = dialog.finished.outcome
    assert (type(outcome), outcome.reply.enhanced) == (kind, status)
    assert dialog.client.ready is still_ready
    assert (Closed() in dialog.events) is not still_ready


def test_without_pipelining_a_command_waits_for_the_one_before():
    dialog = ready(PLAIN_HELLO).begin()
    seen = []
    for text in ["250 a\r\n", "250 b\r\n", "354 c\r\n", "250 d\r\n"]:
        seen.append(dialog.sent)
        dialog.sent = ""
        dialog.hear(text)
    assert seen == ["MAIL FROM:<me@a.example>\r\n", "RCPT TO:<you@b.example>\r\n", "DATA\r\n", WIRE]
    assert isinstance(dialog.finished.outcome, Delivered)


@pytest.mark.parametrize("says", [["550 no\r\n"], ["250 a\r\n", "550 no\r\n"]])
def test_without_pipelining_nothing_follows_a_refusal(says):
    dialog = ready(PLAIN_HELLO).begin()
    for text in says:
        dialog.sent = ""
        dialog.hear(text)
    assert dialog.sent == ""
    assert isinstance(dialog.finished.outcome, Failed)


def test_what_was_refused_is_reset_in_front_of_the_next_message():
    dialog = ready().begin().hear("250 a\r\n550 no\r\n503 no\r\n").begin()
    assert dialog.sent == "RSET\r\n" + COMMANDS
    dialog.hear("250 reset\r\n250 a\r\n250 b\r\n354 c\r\n").hear("250 d\r\n").begin()
    assert dialog.sent == COMMANDS


def test_after_a_lone_dot_nothing_is_to_be_reset():
    dialog = ready().begin().hear("250 a\r\n550 no\r\n354 go\r\n")
    assert dialog.sent.endswith("DATA\r\n.\r\n")
    assert dialog.hear("554 none\r\n").begin().sent == COMMANDS


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ([], Deferred),
        (["250 a\r\n"], Deferred),
        (["250 a\r\n250 b\r\n"], Deferred),
        (["250 a\r\n550 5.1.1 no\r\n"], Failed),
        (["250 a\r\n250 b\r\n354 c\r\n"], Unknown),
        (["250 a\r\n250 b\r\n354 c\r\n", "250-first line only\r\n"], Unknown),
    ],
)
def test_a_lost_connection_means_what_had_been_sent(says, kind):
    dialog = ready().begin()
    for text in says:
        dialog.hear(text)
    assert isinstance(dialog.lose().finished.outcome, kind)
    assert dialog.lose().events.count(Closed()) == 1


def test_a_connection_lost_before_the_final_dot_is_sent_is_deferred():
    client = ready().begin(content=[b"x" * 70 + b"\r\n"] * 20_000).client
    client.receive(b"250 a\r\n250 b\r\n354 c\r\n", 0)
    client.content_chunk(0)
    assert client.sending
    finished = client.lost("gone", 0)[0]
    assert isinstance(finished, Finished)
    assert isinstance(finished.outcome, Deferred)


@pytest.mark.parametrize(
    ("reply", "kind", "status"),
    [("552 5.3.4 big\r\n", Failed, "5.3.4"), ("250 what\r\n", Deferred, "4.5.0")],
)
def test_an_answer_in_the_middle_of_the_content_ends_the_session(reply, kind, status):
    client = ready().begin(content=[b"x" * 70 + b"\r\n"] * 20_000).client
    client.receive(b"250 a\r\n250 b\r\n354 c\r\n", 0)
    client.content_chunk(0)
    finished, closed = client.receive(reply.encode(), 0)
    assert isinstance(finished, Finished)
    assert (type(finished.outcome), finished.outcome.reply.enhanced) == (kind, status)
    assert closed == Closed()


@pytest.mark.parametrize(
    ("says", "untried"),
    [
        ("", True),
        ("421 4.4.2 idle\r\n", True),
        ("250 a\r\n", False),
        ("250 a\r\n421 4.7.0 slow\r\n", False),
        ("450 later\r\n", False),
    ],
)
def test_only_a_kept_session_lost_before_any_answer_leaves_a_message_untried(says, untried):
    assert kept().begin().hear(says).lose().finished.untried is untried
    assert ready().begin().hear(says).lose().finished.untried is False


def test_a_refused_reset_leaves_the_message_untried():
    dialog = ready().begin().hear("250 a\r\n550 no\r\n503 no\r\n").begin().hear("502 what\r\n")
    assert dialog.finished.untried


def test_a_server_that_says_good_bye_between_messages_is_just_closed():
    dialog = kept()
    dialog.events = []
    assert dialog.hear("421 4.4.2 idle\r\n").events == [Closed()]
    assert not dialog.client.ready


@pytest.mark.parametrize(
    ("says", "kind", "code"),
    [
        (["554 no service\r\n"], Failed, 554),
        (["421 4.7.0 busy\r\n"], Deferred, 421),
        (["220 mx\r\n", "421 busy\r\n"], Deferred, 421),
        (["220 mx\r\n", "502 what\r\n", "550 no\r\n"], Failed, 550),
        (["220 mx\r\n", "350 what\r\n"], Deferred, 451),
        (["HTTP/1.1 400 Bad Request\r\n"], Deferred, 451),
    ],
)
def test_a_session_that_is_not_set_up_is_refused_with_its_outcome(says, kind, code):
    dialog = Dialog()
    for text in says:
        dialog.hear(text)
    outcome = dialog.refused.outcome
    assert (type(outcome), outcome.reply.code) == (kind, code)
    assert outcome.attempt.host == "mx.b.example"
    assert dialog.client.closed


@pytest.mark.parametrize("says", [[], ["220 mx\r\n"], ["220 mx\r\n", TLS_HELLO]])
def test_a_session_lost_on_the_way_is_deferred(says):
    dialog = Dialog()
    for text in says:
        dialog.hear(text)
    assert dialog.lose().refused.outcome.reply.enhanced == "4.4.2"


def test_an_old_server_is_greeted_with_helo():
    dialog = Dialog().hear("220 mx\r\n").hear("502 what\r\n")
    assert dialog.sent == "EHLO me.example\r\nHELO me.example\r\n"
    assert dialog.hear("250 mx\r\n").events == [Ready()]


def test_with_starttls_what_was_said_before_is_asked_again():
    dialog = Dialog().hear("220 mx\r\n").hear(TLS_HELLO).hear("220 go\r\n")
    assert dialog.events == [StartTls()]
    dialog.client.secured("TLSv1.3", 50)
    dialog.hear("250 mx\r\n")
    assert dialog.sent == "EHLO me.example\r\nSTARTTLS\r\nEHLO me.example\r\n"
    assert dialog.client.extensions == {}
    outcome = dialog.begin().hear("550 no\r\n").finished.outcome
    assert outcome.attempt.tls == "TLSv1.3"


@pytest.mark.parametrize("injected", ["250 evil\r\n", "250", "x"])
def test_plain_text_behind_the_answer_to_starttls_ends_the_session(injected):
    dialog = Dialog().hear("220 mx\r\n").hear(TLS_HELLO).hear("220 go\r\n" + injected)
    assert dialog.refused.outcome.reply.enhanced == "4.5.0"


@pytest.mark.parametrize(
    ("says", "tls", "kind", "status"),
    [
        ([HELLO], Tls.REQUIRED, Failed, "5.7.10"),
        (["502 what\r\n"], Tls.REQUIRED, Failed, "5.7.10"),
        ([TLS_HELLO, "454 4.7.0 not now\r\n"], Tls.REQUIRED, Deferred, "4.7.5"),
        ([TLS_HELLO, "454 4.7.0 not now\r\n"], Tls.OFFERED, None, None),
        ([TLS_HELLO], Tls.NEVER, None, None),
    ],
)
def test_tls_is_used_as_it_was_asked_for(says, tls, kind, status):
    dialog = Dialog(tls=tls).hear("220 mx\r\n")
    for text in says:
        dialog.hear(text)
    if kind is None:
        assert dialog.events == [Ready()]
    else:
        outcome = dialog.refused.outcome
        assert (type(outcome), outcome.reply.enhanced) == (kind, status)


@pytest.mark.parametrize(
    ("hello", "envelope", "status"),
    [
        (HELLO, Envelope(return_path="", recipient="a@b.example", size=1001), "5.3.4"),
        (PLAIN_HELLO, Envelope(return_path="", recipient="a@b.e", size=1, eight_bit=True), "5.6.3"),
        (HELLO, Envelope(return_path="", recipient="a@b.e\r\nRSET", size=1), "5.1.3"),
        (HELLO, Envelope(return_path="a\r\n@b.e", recipient="a@b.e", size=1), "5.1.7"),
    ],
)
def test_what_can_not_be_sent_fails_without_a_word(hello, envelope, status):
    dialog = ready(hello).begin(envelope)
    assert dialog.sent == ""
    assert dialog.finished.outcome.reply.enhanced == status
    assert isinstance(dialog.finished.outcome, Failed)
    assert dialog.client.ready


def test_the_null_return_path_and_8_bit_content_are_said():
    dialog = ready().begin(Envelope(return_path="", recipient="a@b.e", size=9, eight_bit=True))
    assert dialog.sent.startswith("MAIL FROM:<> SIZE=9 BODY=8BITMIME\r\n")


@pytest.mark.parametrize("says", ["250 mx\r\n421 too many\r\n", "250 mx\r\n250 twice\r\n"])
def test_a_session_that_ends_as_it_gets_ready_delays_the_message(says):
    dialog = Dialog().hear("220 mx\r\n").hear(says)
    assert dialog.events == [Ready(), Closed()]
    outcome = dialog.begin().finished.outcome
    assert (type(outcome), outcome.reply.enhanced) == (Deferred, "4.4.2")
    assert dialog.sent == ""


def test_content_with_a_bare_line_feed_is_cut_off_and_fails():
    dialog = ready().begin(content=[b"a\n.\n"]).hear("250 a\r\n250 b\r\n354 c\r\n")
    assert dialog.finished.outcome.reply.enhanced == "5.6.0"
    assert dialog.sent == COMMANDS
    assert Closed() in dialog.events


def test_each_step_is_kept_with_its_reply_and_time():
    dialog = ready().begin().hear("250 a\r\n250 b\r\n354 c\r\n").hear("250 d\r\n")
    steps = dialog.finished.outcome.attempt.steps
    assert [(one.name, one.milliseconds, one.reply) for one in steps] == [
        ("connect", 10, "220 mx"),
        ("EHLO", 10, "250 mx"),
        ("MAIL", 10, "250 a"),
        ("RCPT", 0, "250 b"),
        ("DATA", 0, "354 c"),
        ("content", 10, "250 d"),
    ]
    again = dialog.begin().hear("250 a\r\n250 b\r\n354 c\r\n").hear("250 d\r\n")
    assert [one.name for one in again.finished.outcome.attempt.steps] == [
        "MAIL",
        "RCPT",
        "DATA",
        "content",
    ]


def test_quit_is_said_and_its_answer_closes():
    dialog = kept()
    dialog.sent, dialog.events = "", []
    dialog.client.quit()
    assert not dialog.client.ready
    assert dialog.hear("").hear("221 bye\r\n").events == [Closed()]


@given(st.lists(st.sampled_from(["220", "250", "354", "421", "450", "550", "x"]), max_size=12))
def test_whatever_a_server_says_each_message_has_one_outcome_and_the_end_comes_once(codes):
    dialog = Dialog()
    begun = finished = 0
    for code in codes:
        if dialog.client.ready:
            dialog.events = [event for event in dialog.events if event == Closed()]
            events = len(dialog.events)
            dialog.client.begin(ENVELOPE, CONTENT, 0)
            begun += 1
            assert len(dialog.events) == events
        dialog.hear(f"{code} text\r\n")
        finished += sum(isinstance(event, Finished) for event in dialog.events)
        dialog.events = [event for event in dialog.events if not isinstance(event, Finished)]
    dialog.lose()
    finished += sum(isinstance(event, Finished) for event in dialog.events)
    assert finished == begun
    assert dialog.events.count(Closed()) <= 1
    assert dialog.client.closed
