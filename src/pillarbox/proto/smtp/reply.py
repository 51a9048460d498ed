"""SMTP replies out of bytes, however they are cut (RFC 5321 §4.2, RFC 2034, RFC 3463).

Takes what a server sent, hands on whole replies as values. Sans I/O. Bounded: a line, the number of
lines and the octets of one reply; past a bound, or on what is no reply, one `ProtocolError` comes
out and then nothing more.
"""

import re
from dataclasses import dataclass

from pillarbox.model.outcome import Reply

MAX_LINE = 2048
"""Octets of one line. RFC 5321 §4.5.3.1.5 allows 512; real servers write more."""
MAX_LINES = 100
MAX_OCTETS = 16_384

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")


@dataclass(frozen=True, slots=True)
class ServerReply:
    """One reply, its lines apart, as the answer to EHLO needs them."""

    code: int
    lines: tuple[str, ...]

    @property
    def reply(self) -> Reply:
        """The reply as the rest of the program knows it: one line of text."""
        return make_reply(self.code, " ".join(self.lines))


@dataclass(frozen=True, slots=True)
class ProtocolError:
    """The server broke the protocol; `text` says how, in our words only."""

    text: str


def make_reply(code: int, text: str) -> Reply:
    """Make a reply of a code and its text, reading the enhanced status off the text's start.

    A status whose class differs from the code's (`250 5.1.1`) is not one (RFC 2034 §4).
    """
    found = _ENHANCED.match(text)
    if found is None or int(found[1]) != code // 100:
        return Reply(code, text)
    return Reply(code, text, found[0])


def _readable(raw: bytes) -> str:
    """Decode a line's text; what can't be printed becomes `?`, safe in logs and events."""
    text = raw.decode("utf-8", "replace")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "?" for char in text.expandtabs(1))


class ReplyParser:
    """Collects bytes and gives whole replies; after a `ProtocolError` it takes nothing more."""

    def __init__(self) -> None:
        self._buffer = b""
        self._code = b""
        self._lines: list[str] = []
        self._octets = 0
        self._broken = False

    @property
    def idle(self) -> bool:
        """Whether nothing of a further reply has come, as must be before TLS (RFC 3207 §6)."""
        return not self._buffer and not self._lines

    def feed(self, data: bytes) -> list[ServerReply | ProtocolError]:
        """Take the next bytes, of any length; give the replies they complete."""
        found: list[ServerReply | ProtocolError] = []
        if self._broken:
            return found
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            result = self._take(line)
            if result is not None:
                found.append(result)
            if isinstance(result, ProtocolError):
                return found
        if len(self._buffer) > MAX_LINE:
            found.append(self._break("a reply line is too long"))
        return found

    def _take(self, line: bytes) -> ServerReply | ProtocolError | None:
        """Take one line without its LF; give the reply if this is its last line."""
        if len(line) > MAX_LINE:
            return self._break("a reply line is too long")
        parts = _LINE.fullmatch(line.removesuffix(b"\r"))
        if parts is None:
            return self._break("a line is no SMTP reply")
        code, mark, text = parts.groups(b"")
        if self._lines and code != self._code:
            return self._break("the code changes within a reply")
        self._octets += len(line)
        self._code = code
        self._lines.append(_readable(text))
        if mark == b"-":
            if len(self._lines) >= MAX_LINES or self._octets > MAX_OCTETS:
                return self._break("a reply is too long")
            return None
        whole = ServerReply(int(code), tuple(self._lines))
        self._lines, self._octets = [], 0
        return whole

    def _break(self, text: str) -> ProtocolError:
        self._broken, self._buffer = True, b""
        return ProtocolError(text)
