"""The client's side of SMTP AUTH (RFC 4954): PLAIN (RFC 4616), or LOGIN where only that is offered.

Takes a login and what the server offered, hands on the lines to send, each after a 334 but the
first. Sans I/O. What a server says of a login is shown without the login: some repeat what they
were sent.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in; the password is in no `repr`."""

    username: str
    password: str = field(repr=False)

    def lines(self, offered: str) -> Sequence[bytes] | None:
        """Give the lines of the best mechanism among those EHLO named, None without one.

        PLAIN sends everything with the command (an initial response, RFC 4954 §4).
        """
        mechanisms = offered.upper().split()
        if "PLAIN" in mechanisms:
            return (b"AUTH PLAIN " + self._plain + b"\r\n",)
        if "LOGIN" in mechanisms:
            name, secret = (_base64(one) for one in (self.username, self.password))
            return (b"AUTH LOGIN\r\n", name + b"\r\n", secret + b"\r\n")
        return None

    def hidden_in(self, text: str) -> str:
        """Give a server's text without what was sent to it."""
        sent = (self._plain, _base64(self.password), self.password.encode())
        for secret in (one.decode() for one in sent if one):
            text = text.replace(secret, "***")
        return text

    @property
    def _plain(self) -> bytes:
        return _base64(f"\0{self.username}\0{self.password}")


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())
