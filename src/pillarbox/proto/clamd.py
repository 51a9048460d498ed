"""The protocol of ClamAV's daemon, as far as we speak it: INSTREAM and PING (clamd(8)).

Takes a message; hands on the octets to send, a chunk at a time, and reads the reply from whatever
comes back. Commands and replies end in NUL. What can't be read is `Failed`, never clean.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PING = b"zPING\0"
PONG = "PONG"
CHUNK = 64 * 1024
MAX_REPLY = 8 * 1024
_INSTREAM = b"zINSTREAM\0"
_END = b"\0\0\0\0"
_ODD = re.compile(r"[^!-~]+")
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Clean:
    """Nothing was found."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `name`: the signature's, printable ASCII without white space."""

    name: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The message is over the daemon's StreamMaxLength: it was not looked at."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It was not looked at, for whatever other reason; `why`: printable ASCII."""

    why: str


Verdict = Clean | Found | TooLarge | Failed


def instream(content: bytes) -> Iterator[bytes]:
    """Give what to send to have a message scanned."""
    yield _INSTREAM
    view = memoryview(content)
    for start in range(0, len(content), CHUNK):
        chunk = view[start : start + CHUNK]
        yield len(chunk).to_bytes(4, "big") + chunk
    yield _END


class ReplyReader:
    """Collects one reply."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> str | None:
        """Take what came, empty at the end; give the reply once it is whole, cut to MAX_REPLY."""
        self._data += data[: MAX_REPLY + 1 - len(self._data)]
        reply, ended, _ = self._data.partition(b"\0")
        if ended or not data or len(self._data) > MAX_REPLY:
            return reply[:MAX_REPLY].decode("latin-1").strip()
        return None


def read_verdict(reply: str) -> Verdict:
    """Read the reply to INSTREAM."""
    subject, colon, said = reply.rpartition(": ")
    if colon and subject == "stream":
        if said == "OK":
            return Clean()
        if said.endswith(" FOUND"):
            name = _ODD.sub("_", said.removesuffix(" FOUND").strip())
            return Found(name[:_MAX_NAME] or "unnamed")
    if "size limit exceeded" in reply:
        return TooLarge()
    why = _ODD.sub(" ", reply).strip()
    return Failed(why[:_MAX_NAME] or "the scanner said nothing")
