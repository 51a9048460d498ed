"""SMTP sessions without a network: what a server says decides the outcome, however it is cut."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Attempt, Deferred, Delivered, Failed, Outcome, Unknown
from pillarbox.proto.smtp.client import SmtpClient
from pillarbox.proto.smtp.events import Event, Finished, Ready, Refused, StartTls, Tls

LETTER = Envelope(return_path="b+1@bounce.example", recipient="you@there.example", size=18)
CONTENT = b"Subject: s\r\n\r\n.hi\r\n"
ON_THE_WIRE = b"Subject: s\r\n\r\n..hi\r\n.\r\n"
HELLO, MAIL = b"EHLO us.example\r\n", b"MAIL FROM:<b+1@bounce.example>\r\n"
RCPT, DATA = b"RCPT TO:<you@there.example>\r\n", b"DATA\r\n"

GREETING, PLAIN, OK = b"220 mx\r\n", b"250 mx\r\n", b"250 2.1.0 ok\r\n"
PIPED = b"250-mx\r\n250 PIPELINING\r\n"
TLS = b"250-mx\r\n250 starttls\r\n"
GO, TAKEN = b"354 go\r\n", b"250 2.0.0 queued\r\n"
NO, LATER = b"550 5.1.1 no such user\r\n", b"451 4.2.0 greylisted\r\n"
BYE = b"421 4.3.2 shutting down\r\n"
GARBAGE, ENDLESS, LONG_LINE = b"\x16\x03\x01\r\n", b"250-more\r\n" * 200, b"250 " + b"x" * 3000
LOST = b""
"""The connection ends here."""

type_of = {"D": Delivered, "4": Deferred, "5": Failed, "U": Unknown}


@dataclass
class Talk:
    """One conversation: the server's flights are played, ours are noted."""

    client: SmtpClient
    letters: list[Envelope]
    content: bytes = CONTENT
    sent: bytes = b""
    told: list[Event] = field(default_factory=list)
    now: int = 0

    def play(self, flights: Iterable[bytes], cut: Callable[[bytes], Iterable[bytes]]) -> None:
        for flight in flights:
            if flight == LOST:
                self.take(self.client.lost("Connection lost", self.now))
            for piece in cut(flight):
                self.now += 1
                self.take(self.client.receive(piece, self.now))

    def take(self, events: list[Event]) -> None:
        self.told.extend(events)
        for event in events:
            if isinstance(event, StartTls):
                self.client.secured("TLSv1.3", self.now)
            if isinstance(event, Ready | Finished) and self.letters and self.client.ready:
                begun = self.client.begin(self.letters.pop(0), [self.content], self.now)
                self.take(begun)
        self.sent += self.client.output()
        while self.client.sending:
            chunk, more = self.client.content_chunk(self.now)
            self.sent += chunk
            self.take(more)

    @property
    def ends(self) -> list[Finished | Refused]:
        return [event for event in self.told if isinstance(event, Finished | Refused)]

    @property
    def outcome(self) -> Outcome:
        (end,) = self.ends
        return end.outcome


def whole(flight: bytes) -> list[bytes]:
    return [flight]


def talk(
    *flights: bytes,
    tls: Tls = Tls.OFFERED,
    letters: tuple[Envelope, ...] = (LETTER,),
    content: bytes = CONTENT,
    cut: Callable[[bytes], Iterable[bytes]] = whole,
) -> Talk:
    client = SmtpClient(hello="us.example", tls=tls, now=0, attempt=Attempt("mx", "192.0.2.1"))
    conversation = Talk(client, list(letters), content)
    conversation.play(flights, cut)
    return conversation


# what it is, the server's flights, kind of outcome, its code, its enhanced status
SCRIPTS = [
    ("delivered", (GREETING, PLAIN, OK, OK, GO, TAKEN), "D", 250, "2.0.0"),
    ("delivered, piped", (GREETING, PIPED, OK + OK + GO, TAKEN), "D", 250, "2.0.0"),
    ("delivered after HELO", (GREETING, NO, PLAIN, OK, OK, GO, TAKEN), "D", 250, "2.0.0"),
    ("delivered over TLS", (GREETING, TLS, GREETING, PLAIN, OK, OK, GO, TAKEN), "D", 250, "2.0.0"),
    ("TLS refused, not needed", (GREETING, TLS, LATER, OK, OK, GO, TAKEN), "D", 250, "2.0.0"),
    (
        "no text",
        (b"220\r\n", b"250\r\n", b"250\r\n", b"250\r\n", b"354\r\n", b"250\n"),
        "D",
        250,
        None,
    ),
    ("greeting 5xx", (b"554 5.7.1 go away\r\n",), "5", 554, "5.7.1"),
    ("greeting 4xx", (LATER,), "4", 451, "4.2.0"),
    ("EHLO 4xx", (GREETING, LATER), "4", 451, "4.2.0"),
    ("HELO 5xx", (GREETING, NO, NO), "5", 550, "5.1.1"),
    ("MAIL 5xx", (GREETING, PLAIN, NO), "5", 550, "5.1.1"),
    ("MAIL 4xx", (GREETING, PLAIN, LATER), "4", 451, "4.2.0"),
    ("MAIL 5xx, all refused", (GREETING, PIPED, NO + b"503 no\r\n" * 2), "5", 550, "5.1.1"),
    ("MAIL 5xx, dot refused", (GREETING, PIPED, NO + b"503 no\r\n" + GO, NO), "5", 550, "5.1.1"),
    ("MAIL 5xx, the rest taken", (GREETING, PIPED, NO + OK + GO), "5", 550, "5.1.1"),
    ("RCPT 5xx", (GREETING, PLAIN, OK, NO), "5", 550, "5.1.1"),
    ("RCPT 4xx", (GREETING, PLAIN, OK, LATER), "4", 451, "4.2.0"),
    ("RCPT 5xx, DATA refused", (GREETING, PIPED, OK + NO + b"503 no\r\n"), "5", 550, "5.1.1"),
    ("RCPT 5xx, lone dot", (GREETING, PIPED, OK + NO + GO, b"554 none\r\n"), "5", 550, "5.1.1"),
    ("RCPT 4xx, lone dot", (GREETING, PIPED, OK + LATER + GO, b"554 none\r\n"), "4", 451, "4.2.0"),
    ("RCPT 4xx, dot taken", (GREETING, PIPED, OK + LATER + GO, TAKEN), "4", 451, "4.2.0"),
    ("RCPT 5xx, dot, lost", (GREETING, PIPED, OK + NO + GO, LOST), "5", 550, "5.1.1"),
    ("DATA 5xx", (GREETING, PLAIN, OK, OK, NO), "5", 550, "5.1.1"),
    ("DATA 4xx", (GREETING, PIPED, OK + OK + LATER), "4", 451, "4.2.0"),
    ("content 5xx", (GREETING, PIPED, OK + OK + GO, b"554 5.7.1 spam\r\n"), "5", 554, "5.7.1"),
    ("content 4xx", (GREETING, PIPED, OK + OK + GO, LATER), "4", 451, "4.2.0"),
    ("421 for a greeting", (BYE,), "4", 421, "4.3.2"),
    ("421 to EHLO", (GREETING, BYE), "4", 421, "4.3.2"),
    ("421 to MAIL", (GREETING, PIPED, BYE), "4", 421, "4.3.2"),
    ("421 to RCPT", (GREETING, PLAIN, OK, BYE), "4", 421, "4.3.2"),
    ("421 to DATA", (GREETING, PLAIN, OK, OK, BYE), "4", 421, "4.3.2"),
    ("421 to the content", (GREETING, PIPED, OK + OK + GO, BYE), "4", 421, "4.3.2"),
    ("lost before the greeting", (LOST,), "4", 421, "4.4.2"),
    ("lost in the greeting", (b"220-wait", LOST), "4", 421, "4.4.2"),
    ("lost after the greeting", (GREETING, LOST), "4", 421, "4.4.2"),
    ("lost after EHLO", (GREETING, PLAIN, LOST), "4", 421, "4.4.2"),
    ("lost after EHLO, piped", (GREETING, PIPED, LOST), "4", 421, "4.4.2"),
    ("lost after STARTTLS", (GREETING, TLS, GREETING, LOST), "4", 421, "4.4.2"),
    ("lost after MAIL", (GREETING, PLAIN, OK, LOST), "4", 421, "4.4.2"),
    ("lost after RCPT", (GREETING, PLAIN, OK, OK, LOST), "4", 421, "4.4.2"),
    ("lost after RCPT, piped", (GREETING, PIPED, OK + OK, LOST), "4", 421, "4.4.2"),
    ("lost after the final dot", (GREETING, PLAIN, OK, OK, GO, LOST), "U", 421, "4.4.2"),
    (
        "lost in the last reply",
        (GREETING, PIPED, OK + OK + GO, b"250 2.0", LOST),
        "U",
        421,
        "4.4.2",
    ),
    ("garbage greets", (GARBAGE,), "4", 451, "4.5.0"),
    ("HTTP greets", (b"HTTP/1.1 400 Bad Request\r\n\r\n",), "4", 451, "4.5.0"),
    ("garbage after MAIL", (GREETING, PLAIN, OK, GARBAGE), "4", 451, "4.5.0"),
    ("garbage after the final dot", (GREETING, PIPED, OK + OK + GO, GARBAGE), "U", 451, "4.5.0"),
    ("the code changes", (GREETING, b"250-mx\r\n251 x\r\n"), "4", 451, "4.5.0"),
    ("endless greeting", (ENDLESS,), "4", 451, "4.5.0"),
    ("endless EHLO", (GREETING, ENDLESS), "4", 451, "4.5.0"),
    ("endless line", (GREETING, LONG_LINE), "4", 451, "4.5.0"),
    ("endless after the dot", (GREETING, PIPED, OK + OK + GO, ENDLESS), "U", 451, "4.5.0"),
    ("an answer that fits nothing", (GREETING, PLAIN, GO), "4", 451, "4.5.0"),
    ("DATA answered 250", (GREETING, PLAIN, OK, OK, OK), "4", 451, "4.5.0"),
    ("354 after the final dot", (GREETING, PIPED, OK + OK + GO, GO), "U", 451, "4.5.0"),
]
SCRIPTED = pytest.mark.parametrize(
    ("flights", "kind", "code", "enhanced"), [pytest.param(*row[1:], id=row[0]) for row in SCRIPTS]
)


@SCRIPTED
def test_what_the_server_says_decides_the_outcome(flights, kind, code, enhanced):
    outcome = talk(*flights).outcome
    assert type(outcome) is type_of[kind]
    assert (outcome.reply.code, outcome.reply.enhanced) == (code, enhanced)
    assert outcome.attempt.host == "mx"


@given(st.sampled_from([row[1] for row in SCRIPTS]), st.data())
def test_cutting_what_the_server_says_changes_nothing(flights, data):
    def cut(flight: bytes) -> list[bytes]:
        inside = st.integers(1, max(len(flight) - 1, 1))
        at = sorted(data.draw(st.sets(inside, max_size=6)))
        return [flight[a:b] for a, b in zip([0, *at], [*at, len(flight)], strict=True) if b > a]

    expected, found = talk(*flights), talk(*flights, cut=cut)
    assert found.sent == expected.sent
    assert [type(event) for event in found.told] == [type(event) for event in expected.told]
    assert type(found.outcome) is type(expected.outcome)
    assert found.outcome.reply == expected.outcome.reply


@given(st.lists(st.binary(max_size=40) | st.sampled_from([GREETING, PIPED, OK, GO, TAKEN, BYE])))
def test_whatever_a_server_sends_there_is_one_outcome_or_none_yet(pieces):
    conversation = talk(*[piece for piece in pieces if piece])
    conversation.take(conversation.client.lost("Connection lost", conversation.now))
    assert len(conversation.ends) == 1
    assert conversation.client.closed


def test_with_pipelining_the_commands_go_out_at_once():
    assert talk(GREETING, PIPED).sent == HELLO + MAIL + RCPT + DATA


def test_without_pipelining_each_command_waits_for_its_reply():
    flights = (GREETING, PLAIN, OK, OK, GO)
    sent = [talk(*flights[:count]).sent for count in range(6)]
    said = [b"", HELLO, MAIL, RCPT, DATA, ON_THE_WIRE]
    assert sent == [b"".join(said[: count + 1]) for count in range(6)]


@pytest.mark.parametrize("refusal", [NO, LATER])
def test_no_content_is_sent_for_a_refused_recipient(refusal):
    assert talk(GREETING, PIPED, OK + refusal + GO).sent == HELLO + MAIL + RCPT + DATA + b".\r\n"


def test_no_dot_is_sent_when_the_server_took_the_recipient_of_a_refused_sender():
    conversation = talk(GREETING, PIPED, NO + OK + GO)
    assert conversation.sent == HELLO + MAIL + RCPT + DATA
    assert conversation.client.closed


@pytest.mark.parametrize(
    ("flights", "kind", "enhanced"),
    [
        pytest.param((GREETING, PLAIN), "5", "5.7.10", id="not offered"),
        pytest.param((GREETING, NO), "5", "5.7.10", id="EHLO unknown"),
        pytest.param((GREETING, TLS, LATER), "4", "4.7.5", id="refused for now"),
        pytest.param((GREETING, TLS, b"502 5.5.1 no\r\n"), "4", "4.7.5", id="refused"),
        pytest.param((GREETING, TLS, GREETING + b"250 x"), "4", "4.5.0", id="text after 220"),
        pytest.param((GREETING, TLS, GREETING + PLAIN), "4", "4.5.0", id="a reply after 220"),
    ],
)
def test_where_tls_is_required_nothing_goes_in_plain_text(flights, kind, enhanced):
    conversation = talk(*flights, tls=Tls.REQUIRED)
    assert type(conversation.outcome) is type_of[kind]
    assert conversation.outcome.reply.enhanced == enhanced
    assert b"MAIL" not in conversation.sent
    assert not any(isinstance(event, StartTls) for event in conversation.told)


def test_what_was_offered_before_tls_is_forgotten():
    conversation = talk(GREETING, b"250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n", GREETING, PLAIN)
    assert conversation.sent == HELLO + b"STARTTLS\r\n" + HELLO + MAIL
    assert conversation.client.extensions == {}


@pytest.mark.parametrize(
    ("offer", "letter", "enhanced"),
    [
        (b"SIZE 1000", replace(LETTER, eight_bit=True), "5.6.3"),
        (b"SIZE 1000", replace(LETTER, size=1001), "5.3.4"),
        (b"SIZE 1000", replace(LETTER, recipient="x@y> SIZE=0"), "5.1.3"),
        (b"SIZE 1000", replace(LETTER, recipient="é@there.example"), "5.6.7"),
        (b"SIZE 1000", replace(LETTER, return_path="a@b\r\nDATA"), "5.1.7"),
    ],
)
def test_what_the_session_cannot_carry_is_refused_unsent(offer, letter, enhanced):
    conversation = talk(GREETING, b"250-mx\r\n250 " + offer + b"\r\n", letters=(letter,))
    assert isinstance(conversation.outcome, Failed)
    assert conversation.outcome.reply.enhanced == enhanced
    assert conversation.sent == HELLO
    assert conversation.client.ready


@pytest.mark.parametrize(
    ("offer", "letter", "parameters"),
    [
        (b"SIZE 1000", replace(LETTER, size=1000), b" SIZE=1000"),
        (b"SIZE", replace(LETTER, size=10**9), b" SIZE=1000000000"),
        (b"SIZE 0", LETTER, b" SIZE=18"),
        (b"8BITMIME", replace(LETTER, eight_bit=True), b" BODY=8BITMIME"),
        (b"8BITMIME", LETTER, b""),
    ],
)
def test_mail_carries_the_parameters_that_the_server_offers(offer, letter, parameters):
    conversation = talk(GREETING, b"250-mx\r\n250 " + offer + b"\r\n", letters=(letter,))
    assert conversation.sent == HELLO + MAIL.removesuffix(b"\r\n") + parameters + b"\r\n"


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n\r"])
def test_a_line_end_that_receivers_read_differently_is_not_sent(content):
    conversation = talk(GREETING, PIPED, OK + OK + GO, content=content)
    assert isinstance(conversation.outcome, Failed)
    assert conversation.outcome.reply.enhanced == "5.6.0"
    assert conversation.sent == HELLO + MAIL + RCPT + DATA
    assert conversation.client.closed


@pytest.mark.parametrize(
    ("answer", "kind", "enhanced"),
    [(b"552 5.3.4 too big\r\n", "5", "5.3.4"), (LATER, "4", "4.2.0"), (TAKEN, "4", "4.5.0")],
)
def test_an_answer_in_the_middle_of_the_content_ends_the_session(answer, kind, enhanced):
    conversation = talk(GREETING, PIPED, OK + OK)
    conversation.client.receive(GO, 0)
    conversation.take(conversation.client.receive(answer, 0))
    assert type(conversation.outcome) is type_of[kind]
    assert conversation.outcome.reply.enhanced == enhanced
    assert conversation.client.closed


@pytest.mark.parametrize(
    ("first", "between"),
    [
        ((OK + OK + GO, TAKEN), b""),
        ((OK + NO + b"503 no\r\n",), b"RSET\r\n"),
        ((OK + NO + GO, NO), b""),
    ],
)
def test_a_session_takes_the_next_message(first, between):
    conversation = talk(GREETING, PIPED, *first, letters=(LETTER, LETTER))
    assert conversation.sent.endswith(between + MAIL + RCPT + DATA)
    answers = (OK if between else b"") + OK + OK + GO
    conversation.play((answers, TAKEN), whole)
    assert isinstance(conversation.ends[1].outcome, Delivered)
    assert conversation.client.ready


@pytest.mark.parametrize(
    ("then", "untried"),
    [((LOST,), True), ((BYE,), True), ((OK, LOST), False), ((OK + OK + GO, LOST), False)],
)
def test_a_kept_session_lost_before_it_heard_the_message_leaves_it_untried(then, untried):
    flights = (GREETING, PIPED, OK + OK + GO, TAKEN, *then)
    end = talk(*flights, letters=(LETTER, LETTER)).ends[1]
    assert isinstance(end, Finished)
    assert end.untried is untried


def test_a_first_message_is_never_untried():
    (end,) = talk(GREETING, PIPED, LOST).ends
    assert end == Finished(end.outcome, untried=False)


def test_an_attempt_tells_each_step_with_its_time_and_reply():
    attempt = talk(GREETING, TLS, GREETING, PLAIN, OK, NO).outcome.attempt
    assert attempt.tls == "TLSv1.3"
    assert [(step.name, step.reply, step.milliseconds) for step in attempt.steps] == [
        ("connect", "220 mx", 1),
        ("EHLO", "250 mx", 1),
        ("STARTTLS", "220 mx", 1),
        ("TLS", "TLSv1.3", 0),
        ("EHLO", "250 mx", 1),
        ("MAIL", "250 2.1.0 ok", 1),
        ("RCPT", "550 5.1.1 no such user", 1),
    ]


def test_quit_ends_the_session():
    conversation = talk(GREETING, PLAIN, letters=())
    conversation.client.quit()
    assert conversation.client.output() == b"QUIT\r\n"
    conversation.play((b"221 bye\r\n",), whole)
    assert conversation.client.closed
    assert conversation.ends == []
