"""What became of one delivery attempt to one recipient.

Another server's reply is a value, never an exception (style 14). `Unknown` is a connection lost
after the final dot: the receiver may have taken the message, so it never moves on to the next MX
within the attempt.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply (RFC 5321 §4.2): its code, its enhanced status (RFC 3463) if it has one, its
    text.

    `text` is the whole reply as one line without the code, continuation lines joined by a space.
    """

    code: int
    text: str
    enhanced: str | None = None

    def __str__(self) -> str:
        """Give the reply as it is shown in events: `250 2.0.0 Ok: queued`."""
        return f"{self.code} {self.text}".rstrip()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the conversation: `connect`, `STARTTLS`, `MAIL`, ...; how long it took; the
    reply.
    """

    name: str
    milliseconds: int
    reply: str


#: The policy of a session that takes TLS where it is offered (RFC 7435).
OPPORTUNISTIC = "opportunistic"


@dataclass(frozen=True, slots=True)
class TlsUsed:
    """How a session was secured: by which policy (`deliver/tls_choice.py`), with which version and
    cipher, both empty for plain text; `verified`: the certificate is the one the policy asks for.
    """

    policy: str = OPPORTUNISTIC
    version: str = ""
    cipher: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """The conversation of one attempt as data: with whom, over what, and each step.

    `passed_over`: those with hosts that were tried before, and did not decide.
    """

    host: str = ""
    address: str = ""
    source: str = ""
    tls: str = ""
    steps: tuple[Step, ...] = ()
    passed_over: "tuple[Attempt, ...]" = ()
    security: TlsUsed = field(default_factory=TlsUsed)

    @property
    def began_mail(self) -> bool:
        """Whether the host answered MAIL: whatever it said, it has heard of the message."""
        return any(step.name == "MAIL" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver took the message: 250 after the final dot."""

    reply: Reply
    attempt: Attempt = field(default_factory=Attempt)


@dataclass(frozen=True, slots=True)
class OwnDelay:
    """Why a message waits is ours: no server was asked.

    It waits `at_most_ms`. `counts`: whether that was an attempt, for its schedule and its events.
    `kind`: the delay type of its events (facts §5.2).
    """

    at_most_ms: int
    counts: bool = True
    kind: str = "SendingDeferral"


@dataclass(frozen=True, slots=True)
class Deferred:
    """A temporary failure: try again later. `reply` is the receiver's, or one of our own making
    (RFC 3463 X.3.x, X.4.x).
    """

    reply: Reply
    attempt: Attempt = field(default_factory=Attempt)
    own_delay: OwnDelay | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A permanent failure: it becomes a bounce."""

    reply: Reply
    attempt: Attempt = field(default_factory=Attempt)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The connection was lost after the final dot and before the reply: perhaps delivered. Tried
    again later.
    """

    reply: Reply
    attempt: Attempt = field(default_factory=Attempt)


Outcome = Delivered | Deferred | Failed | Unknown
