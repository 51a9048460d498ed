"""What names may look like: configuration sets, event destinations, resource tags, identities.

Pure: takes text, hands on the same text or its canonical form, or raises BadRequest with the real
service's words (facts §2.1, §2.5, §3).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import idna

from pillarbox.base.errors import BadRequest

IdentityKind = Literal["DOMAIN", "EMAIL_ADDRESS"]
Pairs = Sequence[tuple[str, str]]

MAX_NAME = 64
MAX_RESOURCE_TAGS = 50

_NAME = re.compile(r"[A-Za-z0-9_-]*")
_TAG_TEXT = re.compile(r"[\w\s.:/=+@-]*")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")
_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
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
    return _check_name("configuration set", name)


def check_destination_name(name: str | None) -> str:
    """Check the name of an event destination (facts §2.2)."""
    return _check_name("event destination", name)


def check_template_name(name: str | None) -> str:
    """Check the name of a template, by the same rules."""
    return _check_name("template", name)


def check_selector(selector: str) -> str:
    """Check the selector of a customer's own DKIM key: one label (RFC 6376 §3.1, RFC 1035)."""
    if not _SELECTOR.fullmatch(selector):
        raise BadRequest("A selector has 1 to 63 letters, digits and hyphens, none at its ends.")
    return selector


def _check_name(what: str, name: str | None) -> str:
    if not name:
        raise BadRequest(f"The {what} name must be specified.")
    if len(name) > MAX_NAME:
        raise BadRequest(f"{what.capitalize()} name cannot exceed {MAX_NAME} characters.")
    if not _NAME.fullmatch(name):
        raise BadRequest(
            f"Invalid {what} name <{name}>: only alphanumeric ASCII characters, '_', and '-' are "
            "allowed."
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


def parse_identity(text: str) -> IdentityName:
    """Read the name of an identity: with an `@` an address, else a domain. Raises BadRequest."""
    if "@" not in text:
        domain = canonical_domain(text)
        if domain is None:
            raise BadRequest(f"Invalid domain name: '{shortened(text)}'.")
        return IdentityName(domain, "DOMAIN")
    local, _, written = text.rpartition("@")
    domain = canonical_domain(written)
    if domain is None or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise BadRequest(f"Invalid email address<{shortened(text)}>.")
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


def shortened(text: str) -> str:
    """Cut a text that a message repeats to the caller to a sane length."""
    return text if len(text) <= 320 else f"{text[:320]}..."
