"""The Feedback-ID header: by what a receiver's complaint feedback is counted (facts §4).

Takes who sends and the caller's two own words; hands on the header, or none for a message that has
one. `A:B:1.REGION.ACCOUNT:SENDER`: Gmail's feedback loop counts by each part, the last one names
the sending system. The third is 32 octets that stand for the account without naming it.
"""

import base64
import hashlib
import re
from collections.abc import Iterable

SENDER = "Pillarbox"
#: The message tags whose values become the first two parts.
WORDS = ("ses:feedback-id-a", "ses:feedback-id-b")
_OWN = re.compile(rb"(?:^|\n)feedback-id[ \t]*:", re.IGNORECASE)


def feedback_id(
    content: bytes, account_id: str, region: str, tags: Iterable[tuple[str, str]]
) -> bytes:
    """Give the header line with its CRLF, nothing where the content has its own."""
    end = content.find(b"\r\n\r\n")
    if _OWN.search(content, 0, end if end >= 0 else len(content)):
        return b""
    values = dict(tags)
    words = ":".join(re.sub(r"[^A-Za-z0-9_.@-]", "", values.get(name, "")) for name in WORDS)
    account = base64.b64encode(hashlib.sha256(account_id.encode()).digest()).decode()
    return f"Feedback-ID: {words}:1.{region}.{account}:{SENDER}\r\n".encode()
