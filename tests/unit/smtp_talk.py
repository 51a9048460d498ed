"""An SMTP session in memory: what a client sends in, what it hears and what is asked out."""

from dataclasses import dataclass, field
from itertools import pairwise

from pillarbox.proto.smtp_server.events import (
    Authenticate,
    Content,
    Event,
    MailFrom,
    Message,
    RcptTo,
    StartTls,
)
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.proto.smtp_server.replies import (
    AUTHENTICATED,
    BAD_CREDENTIALS,
    GO_AHEAD,
    RECIPIENT_OK,
    SENDER_OK,
    TLS_READY,
    Answer,
)
from pillarbox.proto.smtp_server.session import SmtpServer

RECEIVER = ServerPolicy(host="mx.test", max_size=1000, max_recipients=3, max_line=200)
SUBMISSION = ServerPolicy(
    host="smtp.test",
    tls=True,
    authenticate=True,
    bare_line_ends="keep",
    max_size=1000,
    max_recipients=3,
    max_line=200,
)
LOOPBACK = ServerPolicy(host="smtp.test", authenticate=True, auth_in_clear=True)
PLAIN = "AUTH PLAIN AGtleQBwYXNz\r\n"  # key, pass
TAKEN = Answer(250, "Ok 42", "2.0.0")


@dataclass
class Talk:
    """A session whose owner says yes to everything but what `no` names."""

    policy: ServerPolicy = RECEIVER
    secured: bool = False
    no: dict[type[Event], Answer] = field(default_factory=dict)
    asked: list[Event] = field(default_factory=list)
    heard: str = ""

    def __post_init__(self) -> None:
        self.server = SmtpServer(self.policy, secured=self.secured)
        self._note()
        self.heard = ""

    def say(self, data: str | bytes, cuts: tuple[int, ...] = ()) -> str:
        """Send octets, cut at these places; give what is heard."""
        octets = data.encode() if isinstance(data, str) else data
        self.heard = ""
        places = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
        for start, end in pairwise(places):
            self.server.receive(octets[start:end])
            self._note()
        return self.heard

    @property
    def messages(self) -> list[Message]:
        """The messages that were handed over."""
        return [one for one in self.asked if isinstance(one, Message)]

    @property
    def codes(self) -> list[int]:
        """The codes of the replies just heard, one for each reply."""
        return [int(line[:3]) for line in self.heard.splitlines() if line[3:4] == " "]

    def _note(self) -> None:
        while (event := self.server.next_event()) is not None:
            self.asked.append(event)
            self.server.answer(self._answer(event))
            if isinstance(event, StartTls) and StartTls not in self.no:
                self.server.handshake_done()
        self.heard += self.server.output().decode("ascii")

    def _answer(self, event: Event) -> Answer:
        if type(event) in self.no:
            return self.no[type(event)]
        match event:
            case Authenticate():
                good = (event.username, event.password) == ("key", "pass")
                return AUTHENTICATED if good else BAD_CREDENTIALS
            case Message():
                return TAKEN
            case MailFrom():
                return SENDER_OK
            case RcptTo():
                return RECIPIENT_OK
            case Content():
                return GO_AHEAD
            case StartTls():
                return TLS_READY


def logged_in() -> Talk:
    """A session of submission, under TLS, whose user is known."""
    talk = Talk(SUBMISSION, secured=True)
    talk.say("EHLO me\r\n" + PLAIN)
    assert talk.server.authenticated
    return talk
