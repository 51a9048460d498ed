"""What names may look like: configuration sets, resource tags, message tags, identities.

Pure: takes text, hands on the same text or its canonical form, or raises BadRequest with the real
service's words (facts §2.1, §2.5, §2.7, §2.8, §3).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import idna

from pillarbox.base.errors import BadRequest

IdentityKind = Literal["DOMAIN", "EMAIL_ADDRESS"]
Pairs = Sequence[tuple[str, str]]

MAX_NAME = 64
MAX_RESOURCE_TAGS = 50
#: The two reserved tag names a caller may set (facts §2.7).
FEEDBACK_TAGS = frozenset({"ses:feedback-id-a", "ses:feedback-id-b"})

_NAME = re.compile(r"[A-Za-z0-9_-]*")
_TAG_TEXT = re.compile(r"[\w\s.:/=+@-]*")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


@dataclass(frozen=True, slots=True)
class IdentityName:
    """The canonical name of an identity: domains in lower case and as A-labels (RFC 5890).

    An address keeps its case (facts §7), unless its domain needs A-labels.
    """

    name: str
    kind: IdentityKind


def check_set_name(name: str | None) -> str:
    """Check the name of a configuration set: its length before its characters (facts §2.1)."""
    if not name:
        raise BadRequest("The configuration set name must be specified.")
    if len(name) > MAX_NAME:
        raise BadRequest(f"Configuration set name cannot exceed {MAX_NAME} characters.")
    if not _NAME.fullmatch(name):
        raise BadRequest(
            f"Invalid configuration set name <{name}>: only alphanumeric ASCII characters, '_', "
            "and '-' are allowed."
        )
    return name


def check_resource_tags(tags: Pairs) -> None:
    """Check the tags of a resource: their number, lengths, characters, prefix (facts §3)."""
    if len(tags) > MAX_RESOURCE_TAGS:
        raise _broken("tags", f"Member must have length less than or equal to {MAX_RESOURCE_TAGS}")
    for position, (key, value) in enumerate(tags, 1):
        _check_tag_text(f"tags.{position}.member.key", key, least=1, most=128)
        _check_tag_text(f"tags.{position}.member.value", value, least=0, most=256)
        if key.lower().startswith("aws:"):
            raise BadRequest(f"Invalid tag key <{key}>: the prefix aws: is reserved.")
    keys = [key for key, _ in tags]
    for key in keys:
        if keys.count(key) > 1:
            raise BadRequest(f"Tag key <{key}> is specified more than once.")


def _check_tag_text(where: str, text: str, *, least: int, most: int) -> None:
    if len(text) < least:
        raise _broken(where, f"Member must have length greater than or equal to {least}")
    if len(text) > most:
        raise _broken(where, f"Member must have length less than or equal to {most}")
    if not _TAG_TEXT.fullmatch(text):
        raise _broken(where, r"Member must satisfy regular expression pattern: ^[\w\s_.:/=+\-@]*$")


def _broken(where: str, rule: str) -> BadRequest:
    return BadRequest(
        f"1 validation error detected: Value at '{where}' failed to satisfy constraint: {rule}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTagRules:
    """How long message tags may be, and which characters a value may have."""

    longest: int
    value: re.Pattern[str]
    value_words: str


MESSAGE_TAG_RULES: Mapping[str, MessageTagRules] = {
    "v1": MessageTagRules(longest=256, value=_NAME, value_words="'_',  '-'"),
    "v2": MessageTagRules(
        longest=255, value=re.compile(r"[A-Za-z0-9_.@-]*"), value_words="'_',  '-' , '.', '@'"
    ),
}
"""v1 as the reference says (MessageTag, p. 92), v2 as the real service does today (facts §2.7)."""


def check_message_tags(tags: Pairs, rules: MessageTagRules) -> None:
    """Check the tags of a message (facts §2.7)."""
    for name, value in tags:
        _check_message_tag_lengths(name, value, rules.longest)
        if not _NAME.fullmatch(name) and name not in FEEDBACK_TAGS:
            raise BadRequest(
                f"Invalid tag name <{name}>: only alphanumeric ASCII characters, '_',  '-' are "
                "allowed."
            )
        if not rules.value.fullmatch(value):
            raise BadRequest(
                f"Invalid tag value <{value}>: only alphanumeric ASCII characters, "
                f"{rules.value_words} are allowed."
            )


def _check_message_tag_lengths(name: str, value: str, longest: int) -> None:
    if not name:
        raise BadRequest("The tag name must be specified.")
    if not value:
        raise BadRequest("The tag value must be specified.")
    if len(name) > longest:
        raise BadRequest(f"Tag name cannot exceed {longest} characters.")
    if len(value) > longest:
        raise BadRequest(f"Tag value cannot exceed {longest} characters.")


def parse_identity(text: str) -> IdentityName:
    """Read the name of an identity: with an `@` an address, else a domain. Raises BadRequest."""
    if "@" not in text:
        domain = canonical_domain(text)
        if domain is None:
            raise BadRequest(f"Invalid domain name: '{_shown(text)}'.")
        return IdentityName(domain, "DOMAIN")
    local, _, written = text.rpartition("@")
    domain = canonical_domain(written)
    if domain is None or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise BadRequest(f"Invalid email address<{_shown(text)}>.")
    return IdentityName(f"{local}@{written if written.isascii() else domain}", "EMAIL_ADDRESS")


def canonical_domain(text: str) -> str | None:
    """Give a domain in lower case and as A-labels (RFC 5891); None when it is no domain name.

    A domain has two labels at least, each of letters, digits, hyphens and underscores, and a last
    one that is not a number (RFC 1123 §2.1, RFC 3696 §2).
    """
    domain = text.lower() if text.isascii() else _to_ascii(text)
    if domain is None or len(domain) > 253:
        return None
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdigit():
        return None
    return domain if all(_LABEL.fullmatch(label) for label in labels) else None


def _to_ascii(text: str) -> str | None:
    if len(text) > 253:  # an A-label is never shorter; and IDNA takes its time over long text
        return None
    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None


def _shown(text: str) -> str:
    return text if len(text) <= 320 else f"{text[:320]}..."
