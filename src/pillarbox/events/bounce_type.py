"""What kind of bounce a final reply makes (facts §5.2, §11; RFC 3463): pure classification.

Takes the reply that ended delivery, hands on the members of a bounced recipient and the bounce's
type. Rules are a table read from the top; a row that matches decides.
"""

import re
from dataclasses import dataclass
from typing import Literal

from pillarbox.model.outcome import Reply

BounceType = Literal["Undetermined", "Permanent", "Transient"]


@dataclass(frozen=True, slots=True)
class BounceKind:
    """A bounce's type and what is told of the recipient."""

    bounce_type: BounceType
    bounce_sub_type: str
    action: str
    status: str
    diagnostic_code: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """Matches by status and code together (`5.2.2 552`), and by words of the text if any."""

    key: re.Pattern[str]
    bounce_type: BounceType
    sub_type: str
    words: re.Pattern[str] | None = None


def _rule(key: str, bounce_type: BounceType, sub_type: str, words: str = "") -> _Rule:
    return _Rule(
        re.compile(key), bounce_type, sub_type, re.compile(words, re.IGNORECASE) if words else None
    )


_RULES = (
    _rule(r"4\.4\.7 ", "Transient", "General"),
    _rule(r"[45]\.2\.2 ", "Transient", "MailboxFull"),
    _rule(r"[45]\.(?:3\.4|2\.3) ", "Transient", "MessageTooLarge"),
    _rule(r"\S* 552", "Transient", "AttachmentRejected", r"attachment|file type|executable"),
    _rule(r"\S* 552", "Transient", "ContentRejected", r"content|virus|spam"),
    _rule(r"- 552", "Transient", "MessageTooLarge", r"size|too (?:big|large)"),
    _rule(r"- 552", "Transient", "MailboxFull"),
    _rule(r"5\.7\.\d+ ", "Transient", "AttachmentRejected", r"attachment|file type"),
    _rule(r"(?:5\.7\.\d+|-) 55", "Transient", "ContentRejected", r"\bspam|content|virus|malware"),
    _rule(r"5\.6\.[0-6] ", "Transient", "ContentRejected"),
    _rule(r"[5]\.\d+\.\d+ ", "Permanent", "General"),
    _rule(r"- 5(?:00|01|21|50|51|53|54|55|56)", "Permanent", "General"),
    _rule(r"4\.\d+\.\d+ ", "Transient", "General"),
)
_BY_CODE = {550: "5.1.1", 551: "5.1.6", 552: "5.2.2", 553: "5.1.3", 556: "5.1.10"}


def bounce_kind(reply: Reply) -> BounceKind:
    """Classify the reply that ended delivery, the receiver's or one of our own making."""
    bounce_type, sub_type = _types(reply)
    status = reply.enhanced or _BY_CODE.get(reply.code, "5.0.0")
    return BounceKind(bounce_type, sub_type, "failed", status, f"smtp; {reply}")


def _types(reply: Reply) -> tuple[BounceType, str]:
    key = f"{reply.enhanced or '-'} {reply.code}"
    for rule in _RULES:
        if rule.key.match(key) and (rule.words is None or rule.words.search(reply.text)):
            return rule.bounce_type, rule.sub_type
    return "Undetermined", "Undetermined"
