"""What an SMTP server answers (RFC 5321 §4.2), with the real service's texts (facts §12).

Takes nothing; hands on `Answer`s. A session writes their enhanced status (RFC 3463) only when its
policy says so: the real service's replies have none.
"""

import re
from dataclasses import dataclass

MAX_TEXT = 480
"""Octets of text in one line of a reply: a line has 512 (RFC 5321 §4.5.3.1.5)."""
MAX_LINES = 8
_UNSAFE = re.compile(r"[^ -~]")


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply: its code, its text, its enhanced status; `closing`: the session ends with it.

    Several `lines` of text stand for a reply of several lines.
    """

    code: int
    text: str
    status: str = ""
    closing: bool = False

    def encode(self, *, enhanced: bool = False) -> bytes:
        """Write the reply as it goes over the wire; what is not printable ASCII becomes `?`."""
        prefix = f"{self.status} " if enhanced and self.status else ""
        lines = _wrap(_UNSAFE.sub("?", self.text)) or [""]
        marks = ["-"] * (len(lines) - 1) + [" "]
        return "".join(
            f"{self.code}{mark}{prefix}{line}\r\n" for mark, line in zip(marks, lines, strict=True)
        ).encode("ascii")


def _wrap(text: str) -> list[str]:
    """Cut a long text into lines at blanks; what is beyond MAX_LINES is left out."""
    lines: list[str] = []
    while len(text) > MAX_TEXT and len(lines) < MAX_LINES - 1:
        cut = text.rfind(" ", 1, MAX_TEXT + 1)
        end = cut if cut > 0 else MAX_TEXT
        lines.append(text[:end])
        text = text[end:].removeprefix(" ")
    return [*lines, text[:MAX_TEXT]]


OK = Answer(250, "Ok", "2.0.0")
SENDER_OK = Answer(250, "Ok", "2.1.0")
RECIPIENT_OK = Answer(250, "Ok", "2.1.5")
BYE = Answer(221, "Bye", "2.0.0", closing=True)
TLS_READY = Answer(220, "Ready to start TLS", "2.0.0")
GO_AHEAD = Answer(354, "End data with <CR><LF>.<CR><LF>")
AUTHENTICATED = Answer(235, "Authentication successful.", "2.7.0")
VERIFY_UNKNOWN = Answer(252, "Send some mail, and it will be tried", "2.5.2")
HELP = Answer(214, "See docs/smtp.md of Pillarbox, and RFC 5321", "2.0.0")

SHUTTING_DOWN = Answer(421, "Service shutting down, try again", "4.3.2", closing=True)
TOO_MANY_SESSIONS = Answer(421, "Too many concurrent SMTP connections", "4.7.0", closing=True)
TOO_MANY_ERRORS = Answer(421, "Too many errors", "4.7.0", closing=True)
TOO_MANY_COMMANDS = Answer(421, "Too many commands without a message", "4.7.0", closing=True)
TIMED_OUT = Answer(451, "Timeout waiting for data from client.", "4.4.2", closing=True)
SERVICE_FAILURE = Answer(451, "Temporary service failure", "4.3.0")
TOO_MANY_RECIPIENTS = Answer(452, "Too many recipients", "4.5.3")
TLS_UNAVAILABLE = Answer(454, "TLS not available due to temporary reason", "4.7.0")
AUTHENTICATION_FAILURE = Answer(454, "Temporary authentication failure", "4.7.0")

UNKNOWN_COMMAND = Answer(500, "Command not recognized", "5.5.1")
BARE_LINE_END = Answer(500, "A line ends in <CR><LF>, and has neither alone", "5.5.2", closing=True)
LINE_TOO_LONG = Answer(500, "Line too long", "5.5.6", closing=True)
BAD_ARGUMENT = Answer(501, "Syntax error in the arguments", "5.5.4")
BAD_CHUNK = Answer(501, "BDAT needs the number of octets", "5.5.4", closing=True)
BAD_SENDER = Answer(501, "Invalid MAIL FROM address provided", "5.1.7")
BAD_RECIPIENT = Answer(501, "Invalid RCPT TO address provided", "5.1.3")
NOT_BASE64 = Answer(501, "Cannot decode the authentication response", "5.5.2")
AUTH_CANCELLED = Answer(501, "Authentication cancelled", "5.7.0")
NOT_OFFERED = Answer(502, "Command not implemented", "5.5.1")
BAD_SEQUENCE = Answer(503, "Bad sequence of commands", "5.5.1")
UNKNOWN_MECHANISM = Answer(504, "Unrecognized authentication type", "5.5.4")
NEEDS_TLS = Answer(530, "Must issue a STARTTLS command first", "5.7.0")
NEEDS_AUTH = Answer(530, "Authentication required", "5.7.0")
BAD_CREDENTIALS = Answer(535, "Authentication Credentials Invalid", "5.7.8")
MESSAGE_TOO_LONG = Answer(552, "Message is too long.", "5.3.4")
UNKNOWN_PARAMETER = Answer(555, "Parameter not recognized or not implemented", "5.5.4")
BARE_IN_CONTENT = Answer(554, "Transaction failed: The message has a CR or LF alone.", "5.6.0")
NO_ROOM = Answer(451, "Temporary service failure", "4.3.1", closing=True)
NO_RECIPIENTS = Answer(554, "Transaction failed: no valid recipients", "5.5.1")
