"""Receives the content of a message: DATA until the lone dot, or BDAT by count (RFC 3030).

Takes octets however they are cut; hands on the message, and the octets that came after it. Only
CR LF . CR LF ends DATA: a CR or LF alone ends nothing, whatever stands around it (RFC 5321
§2.3.8; the smuggling of 2023). One search and one replacement over the whole, no loop over lines. A
message over the limit is forgotten as it comes, and its end is still found.
"""

import re

from pillarbox.proto.smtp_server.events import Message
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.proto.smtp_server.replies import BARE_IN_CONTENT, MESSAGE_TOO_LONG, Answer

_END = b"\r\n.\r\n"
_EMPTY = b".\r\n"
#: A dot at the start of a line. Clients that send bare LFs stuff the dots after them as well; there
#: one is taken back only from two.
_STUFFED = re.compile(rb"\n\.(?:(?<=\r\n\.)|(?=\.))")


class DataContent:
    """The content after DATA."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._searched = 0
        self.too_long = False

    @property
    def size(self) -> int:
        """Octets held in memory."""
        return len(self._held)

    def feed(self, data: bytes | bytearray) -> bytes | None:
        """Take octets; once the end is among them give what comes after it, until then None."""
        held = self._held
        held += data
        if not self.too_long and held.startswith(_EMPTY):  # the CR LF of DATA itself begins it
            rest = bytes(held[3:])
            held.clear()
            return rest
        end = held.find(_END, max(0, self._searched - 4))
        if end >= 0:
            rest = bytes(held[end + 5 :])
            del held[end + 2 :]
            self.too_long = self.too_long or end + 2 > self._limit
            return rest
        self._searched = len(held)
        if len(held) > self._limit + 4:  # perhaps the last four begin the end
            self.too_long = True
            del held[:-4]
            self._searched = 0
        return None

    def message(self) -> bytes:
        """Give the message once its end was found: dots unstuffed (§4.5.2)."""
        content, self._held = bytes(self._held), bytearray()
        if content.startswith(b"."):
            content = content[1:]
        return _STUFFED.sub(b"\n", content) if b"\n." in content else content


class ChunkContent:
    """The content of one or several BDAT commands."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._missing = 0
        self.too_long = False

    @property
    def size(self) -> int:
        """Octets held in memory."""
        return len(self._held)

    def begin(self, octets: int) -> None:
        """Begin the next chunk."""
        self._missing = octets
        if len(self._held) + octets > self._limit:
            self.discard()

    def discard(self) -> None:
        """Forget what there is, and what comes until the end of this chunk."""
        self.too_long = True
        self._held.clear()

    def feed(self, data: bytes | bytearray) -> bytes | None:
        """Take octets; once the chunk is complete give what comes after it, until then None."""
        taken = min(self._missing, len(data))
        self._missing -= taken
        if not self.too_long:
            self._held += memoryview(data)[:taken]
        return bytes(data[taken:]) if not self._missing else None

    def message(self) -> bytes:
        """Give the message once its last chunk is complete."""
        content, self._held = bytes(self._held), bytearray()
        return content


def has_bare_line_end(content: bytes) -> bool:
    """Tell whether a CR or LF stands alone."""
    ends = content.count(b"\n")
    return not ends == content.count(b"\r") == len((content + b"x").splitlines()) - 1


class Transaction:
    """What is known of the mail under way; `refusal`: what a chunk is answered that is swallowed.

    A new one for each message: nothing of one message is left for the next.
    """

    def __init__(self, limit: int) -> None:
        self.sender = ""
        self.declared = 0
        self.recipients: list[str] = []
        self.data = DataContent(limit)
        self.chunks = ChunkContent(limit)
        self.last_chunk = False
        self.refusal: Answer | None = None

    def complete(
        self, content: DataContent | ChunkContent, policy: ServerPolicy
    ) -> Answer | Message:
        """Give the whole message, or the refusal of one that can't be taken."""
        if content.too_long:
            return MESSAGE_TOO_LONG
        message = content.message()
        if policy.bare_line_ends == "refuse" and has_bare_line_end(message):
            return BARE_IN_CONTENT
        return Message(self.sender, tuple(self.recipients), message)
