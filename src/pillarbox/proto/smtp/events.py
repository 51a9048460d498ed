"""The words of our side of an SMTP session: what it waits for, how it treats TLS, what it tells.

Values that `smtp_client` hands on to the shell around it (RFC 5321, RFC 3207).
"""

from dataclasses import dataclass
from enum import Enum

from pillarbox.model.outcome import Outcome


class Verb(Enum):
    """What a reply is waited for; the value names the step."""

    GREETING = "connect"
    EHLO = "EHLO"
    HELO = "HELO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    RSET = "RSET"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "content"
    QUIT = "QUIT"


class Tls(Enum):
    """How a session is to treat STARTTLS: not at all, if offered, or as a condition.

    A server without it fails a message for good when the sender demands it (`REQUIRED`), and for
    now when the receiver's published policy does (`ENFORCED`). FIRST: TLS comes before SMTP
    (RFC 8314 §3), so that there is no STARTTLS.
    """

    NEVER = "never"
    OFFERED = "offered"
    REQUIRED = "required"
    ENFORCED = "enforced"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class Ready:
    """The session is set up: a transaction may begin."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """Do the TLS handshake now."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The session never got ready: `outcome` is what that means to a message that wanted it.

    `login`: because the server did not take ours.
    """

    outcome: Outcome
    login: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The transaction is over.

    `untried`: a kept session was lost before the server looked at the message.
    """

    outcome: Outcome
    untried: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """Close the connection: nothing more will be said on it."""


Event = Ready | StartTls | Refused | Finished | Closed
