"""Reads command lines of an SMTP client (RFC 5321 §4.1).

Takes a line without its CR LF; hands on the verb with its argument, and what MAIL, RCPT and BDAT
say. Bounded by the line; every pattern is linear. What can't be read is an `Answer`.
"""

import re
from dataclasses import dataclass

from pillarbox.proto.smtp_server.events import Verb
from pillarbox.proto.smtp_server.replies import (
    BAD_ARGUMENT,
    BAD_RECIPIENT,
    BAD_SENDER,
    BARE_LINE_END,
    LINE_TOO_LONG,
    UNKNOWN_PARAMETER,
    Answer,
)

MAX_PATH = 320  # octets of a path; RFC 5321 §4.5.3.1 has 256, and 64 + 1 + 255 as the parts
_VERBS = {verb.value.encode(): verb for verb in Verb}
# <path>, quoted strings in it with anything; or, as old clients write it, without the brackets
_PATH = re.compile(
    rb'[ \t]*(?:<((?:"(?:[^"\\]|\\.)*"|[^<>"\s])*)>|([^<>"\s]+))(?:[ \t]+(.*))?', re.DOTALL
)
_SIZE = re.compile(rb"[0-9]{1,20}")
_CHUNK = re.compile(rb"([0-9]{1,18})(?:[ \t]+(LAST))?", re.IGNORECASE)
_PRINTABLE = re.compile(rb"[ -~]*")


@dataclass(frozen=True, slots=True)
class MailCommand:
    """MAIL: the path, and the size it declares, 0 for none."""

    address: str
    size: int


def cut_line(buffer: bytearray, longest: int) -> bytes | Answer | None:
    """Cut the first line off, without its CR LF; None while it is not complete.

    An Answer for a line that is too long, or has a CR or LF alone: where the next one begins is not
    to be known.
    """
    end = buffer.find(b"\n", 0, longest)
    if end < 0:
        return LINE_TOO_LONG if len(buffer) >= longest else None
    line = bytes(buffer[: end + 1])
    del buffer[: end + 1]
    if not line.endswith(b"\r\n") or line.count(b"\r") > 1:
        return BARE_LINE_END
    return line[:-2]


def read_verb(line: bytes) -> tuple[Verb | None, bytes]:
    """Give the verb, None for an unknown one, and its argument without blanks around it."""
    word, _, rest = line.partition(b" ")
    return _VERBS.get(word.upper()), rest.strip(b" \t")


def read_hello(argument: bytes) -> str | None:
    """Give the name a client greets with, None when there is none or it is no text."""
    name = argument.split(b" ")[0]
    return name.decode() if name and _PRINTABLE.fullmatch(name) else None


def read_mail(argument: bytes) -> MailCommand | Answer:
    """Read what follows MAIL: SIZE (RFC 1870), BODY (RFC 6152) and AUTH (RFC 4954) are known."""
    found = _read_path(argument, b"FROM:", BAD_SENDER)
    if isinstance(found, Answer):
        return found
    address, parameters = found
    size = 0
    for parameter in parameters:
        name, _, value = parameter.upper().partition(b"=")
        if name == b"SIZE":
            if not _SIZE.fullmatch(value):
                return BAD_ARGUMENT
            size = int(value)
        elif name == b"BODY":
            if value not in {b"7BIT", b"8BITMIME"}:
                return UNKNOWN_PARAMETER
        elif name != b"AUTH":
            return UNKNOWN_PARAMETER
    return MailCommand(address, size)


def read_recipient(argument: bytes) -> str | Answer:
    """Read what follows RCPT; it has no parameters that we offer."""
    found = _read_path(argument, b"TO:", BAD_RECIPIENT)
    if isinstance(found, Answer):
        return found
    address, parameters = found
    if not address:
        return BAD_RECIPIENT
    return UNKNOWN_PARAMETER if parameters else address


def read_chunk(argument: bytes) -> tuple[int, bool] | None:
    """Read what follows BDAT: how many octets, and whether they are the last."""
    found = _CHUNK.fullmatch(argument)
    return (int(found[1]), found[2] is not None) if found else None


def _read_path(argument: bytes, word: bytes, wrong: Answer) -> tuple[str, list[bytes]] | Answer:
    """Read `FROM:<path> parameters`; a path outside printable ASCII would need SMTPUTF8."""
    if argument[: len(word)].upper() != word:
        return BAD_ARGUMENT
    found = _PATH.fullmatch(argument, len(word))
    if found is None:
        return wrong
    path = found[1] if found[1] is not None else found[2]
    if len(path) > MAX_PATH or not _PRINTABLE.fullmatch(path):
        return wrong
    return path.decode("ascii"), (found[3] or b"").split()
