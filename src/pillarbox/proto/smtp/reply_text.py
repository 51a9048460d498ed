"""An SMTP reply quoted in a text (RFC 5321 §4.2, RFC 3463).

Takes any text; hands on the reply code and the enhanced status that stand in it. Numbers that only
look like one (a port, a size, an address of the network, a version) are passed over.
"""

import re
from dataclasses import dataclass

_CODE = re.compile(r"(?<![\w./@=#-])(?<!\w:)([245][0-5]\d)(?![\d.:/@%\w])(?: |-|$|[,;)\]>\"'])")
_STATUS = re.compile(r"(?<![\d.\w])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)(?![\w-])")
_BEFORE_STATUS = re.compile(r"([245]\d\d)[ -]#?\(?(?=[245]\.\d)")


@dataclass(frozen=True, slots=True)
class QuotedReply:
    """What was found: both may be missing."""

    code: int | None = None
    status: str | None = None


def read_reply(text: str) -> QuotedReply:
    """Read the first reply that stands in a text; a code whose class agrees with the status."""
    text = text[:4_000]
    found = _STATUS.search(text)
    status = found[1] if found else None
    codes = [int(one[1]) for one in _BEFORE_STATUS.finditer(text)]
    codes += [int(one[1]) for one in _CODE.finditer(text)]
    wanted = [
        code for code in codes if code >= 400 and (not status or code // 100 == int(status[0]))
    ]
    return QuotedReply(wanted[0] if wanted else None, status)
