"""The server's side of SASL PLAIN (RFC 4616) and LOGIN within AUTH (RFC 4954).

Takes the client's lines, hands on the next challenge, the credentials, or a refusal. Who they
belong to is none of its business.
"""

import base64
import binascii

from pillarbox.proto.smtp_server.events import Authenticate
from pillarbox.proto.smtp_server.replies import (
    AUTH_CANCELLED,
    BAD_CREDENTIALS,
    NOT_BASE64,
    Answer,
)

MECHANISMS = ("PLAIN", "LOGIN")
_EMPTY = Answer(334, "")
_USERNAME = Answer(334, base64.b64encode(b"Username:").decode())
_PASSWORD = Answer(334, base64.b64encode(b"Password:").decode())


class SaslExchange:
    """One exchange of a known mechanism."""

    def __init__(self, mechanism: str) -> None:
        self._plain = mechanism == "PLAIN"
        self._username: str | None = None

    def begin(self, initial: bytes) -> Answer | Authenticate:
        """Begin with the command's initial response, empty when it has none (RFC 4954 §4)."""
        if not initial:
            return _EMPTY if self._plain else _USERNAME
        return self.respond(b"" if initial == b"=" else initial)

    def respond(self, line: bytes) -> Answer | Authenticate:
        """Take one line of the client."""
        if line == b"*":
            return AUTH_CANCELLED
        try:
            text = base64.b64decode(line, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return NOT_BASE64
        if self._plain:
            return _read_plain(text)
        if self._username is None:
            self._username = text
            return _PASSWORD
        return Authenticate(self._username, text)


def _read_plain(text: str) -> Answer | Authenticate:
    """Read `authzid NUL authcid NUL passwd`; nobody may act for somebody else."""
    parts = text.split("\0")
    if len(parts) != 3:
        return NOT_BASE64
    for_whom, username, password = parts
    if for_whom not in {"", username}:
        return BAD_CREDENTIALS
    return Authenticate(username, password)
