"""What an SMTP listener offers and how much it takes: the one value that makes it submission (AUTH,
the real service's replies) or a receiving host (RFC 5321 §2.1).
"""

from dataclasses import dataclass
from typing import Literal

from pillarbox.proto.smtp_server.auth import MECHANISMS
from pillarbox.proto.smtp_server.replies import NEEDS_AUTH, NEEDS_TLS, NOT_OFFERED, Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPolicy:
    """The policy of a listener.

    `tls`: STARTTLS is offered. `authenticate`: mail is taken from those only who have proved who
    they are; `auth_in_clear`: they may do so without TLS. `enhanced`: replies have a status of RFC
    3463. `bare_line_ends`: what becomes of a message with a CR or LF that stands alone; either way
    none ends the message. `max_line`: octets of a command. `max_commands`: between two messages.
    `max_errors`: commands that could not be understood or refused logins, in a session.
    """

    host: str
    tls: bool = False
    authenticate: bool = False
    auth_in_clear: bool = False
    enhanced: bool = False
    bare_line_ends: Literal["refuse", "keep"] = "refuse"
    max_size: int = 41_943_040
    max_recipients: int = 1000
    max_line: int = 2048
    max_commands: int = 2000
    max_errors: int = 10

    def offers_auth(self, *, secured: bool) -> bool:
        """Tell whether AUTH is offered on a connection as it is now."""
        return self.authenticate and (secured or self.auth_in_clear)

    @property
    def auth_refusal(self) -> Answer:
        """What AUTH is answered where it is not offered."""
        return NEEDS_TLS if self.authenticate and self.tls else NOT_OFFERED

    def lacking(self, *, secured: bool) -> Answer | None:
        """Say what somebody who has not authenticated has to do before mail is taken."""
        if not self.authenticate:
            return None
        return NEEDS_TLS if self.tls and not self.offers_auth(secured=secured) else NEEDS_AUTH

    def extensions(self, *, secured: bool) -> list[str]:
        """Give the lines of the answer to EHLO, the greeting's aside (RFC 5321 §4.1.1.1)."""
        return [
            *("8BITMIME", f"SIZE {self.max_size}", "PIPELINING", "CHUNKING"),
            *(("ENHANCEDSTATUSCODES",) if self.enhanced else ()),
            *(("STARTTLS",) if self.tls and not secured else ()),
            *((f"AUTH {' '.join(MECHANISMS)}",) if self.offers_auth(secured=secured) else ()),
        ]
