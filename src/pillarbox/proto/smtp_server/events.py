"""Where an SMTP session is, the commands it knows, and what it asks its owner.

An event is a question. The session stands still until it is answered with an `Answer`, so that
whoever answers may take its time.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto


class State(IntEnum):
    """Where a session is: from SENDER on within a transaction, from CONTENT on within a message."""

    CONNECTED = auto()  # no EHLO yet, or TLS has just begun
    GREETED = auto()  # no transaction
    SASL = auto()  # the next line answers an authentication challenge
    SENDER = auto()  # MAIL was taken
    RECIPIENTS = auto()  # at least one RCPT was taken
    CHUNKS = auto()  # at least one BDAT was taken, and not the last
    CONTENT = auto()  # octets of a message, until the lone dot
    CHUNK = auto()  # octets of a BDAT chunk, as many as it said


class Verb(StrEnum):
    """The commands that are known; any other word is none."""

    EHLO = "EHLO"
    HELO = "HELO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BDAT = "BDAT"
    RSET = "RSET"
    NOOP = "NOOP"
    VRFY = "VRFY"
    EXPN = "EXPN"
    HELP = "HELP"
    QUIT = "QUIT"


@dataclass(frozen=True, slots=True)
class StartTls:
    """Begin the handshake once the output is sent; then call `secured`."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Is this user who it says it is? Answer 235, or a refusal."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class MailFrom:
    """May mail come from this address? Empty: the null return path. `size`: as declared, or 0."""

    address: str
    size: int


@dataclass(frozen=True, slots=True)
class RcptTo:
    """May mail go to this address? It is printable ASCII; nothing else of it is checked."""

    address: str


@dataclass(frozen=True, slots=True)
class Content:
    """May the content come, of about `size` octets (0: not declared)? Answer 354, or a refusal."""

    size: int


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message, dots unstuffed: is it taken? It has to be kept before 250 is answered."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


Event = StartTls | Authenticate | MailFrom | RcptTo | Content | Message
