"""The X-SES-* header fields and message tags (facts §2.7, §4).

Takes the fields of a raw message, hands on what they ask for; checks tags from wherever they come.
Where the API names the same thing, the API wins: that is decided by `accept`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pillarbox.model.contacts import ListChoice
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import HeaderField

Tags = tuple[tuple[str, str], ...]
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_RESERVED = frozenset({"ses:feedback-id-a", "ses:feedback-id-b"})
_NAME_RULE = "only alphanumeric ASCII characters, '_',  '-' are allowed."
_RULES = {
    "v1": (256, _NAME, _NAME_RULE),
    "v2": (
        255,
        re.compile(r"[A-Za-z0-9_.@-]+"),
        "only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed.",
    ),
}


class TagError(MimeError):
    """A message tag can't be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SesHeaders:
    """What the X-SES-* fields of a message ask for; None for what they don't mention."""

    configuration_set: str | None = None
    tags: Tags | None = None
    source_arn: str | None = None
    from_arn: str | None = None
    return_path_arn: str | None = None
    list_management: str | None = None


def read_ses_headers(fields: Iterable[HeaderField]) -> SesHeaders:
    """Read the X-SES-* fields; of several of a kind the first counts. Never raises."""
    found: dict[str, str] = {}
    for field in fields:
        lower = field.name.lower()
        if lower.startswith("x-ses-"):
            found.setdefault(lower[6:], field.text)
    tags = found.get("message-tags")
    return SesHeaders(
        configuration_set=found.get("configuration-set"),
        tags=None if tags is None else parse_tags(tags),
        source_arn=found.get("source-arn"),
        from_arn=found.get("from-arn"),
        return_path_arn=found.get("return-path-arn"),
        list_management=found.get("list-management-options"),
    )


def parse_tags(text: str) -> Tags:
    """Read `name=value, name2=value2`; what is missing is empty, for `check_tags` to refuse."""
    pairs = (piece.partition("=") for piece in text.split(",") if piece.strip(" \t"))
    return tuple((name.strip(" \t"), value.strip(" \t")) for name, _, value in pairs)


def parse_list_management(text: str) -> ListChoice:
    """Read `LIST; topic=TOPIC`; the topic may be left out. Raises MimeError."""
    named, *more = (piece.strip(" \t") for piece in text.split(";"))
    topic = None
    for piece in filter(None, more):
        name, _, value = piece.partition("=")
        if name.strip(" \t").lower() not in {"topic", "topicname"} or topic is not None:
            raise MimeError("The header X-SES-LIST-MANAGEMENT-OPTIONS can't be read.")
        topic = value.strip(" \t")
    list_name = named.rpartition("=")[2].strip(" \t")
    return ListChoice(list_name=list_name, topic=topic or None)


def check_tags(tags: Iterable[tuple[str, str]], api: Literal["v1", "v2"] = "v2") -> None:
    """Check message tags by the rules of one API.

    v1: up to 256 of `[A-Za-z0-9_-]` (the reference); v2: up to 255, values also `.` and `@`.

    Raises TagError with the real service's text.
    """
    longest, value_pattern, value_rule = _RULES[api]
    for name, value in tags:
        if not name:
            raise TagError("The tag name must be specified.")
        if len(name) > longest:
            raise TagError(f"Tag name cannot exceed {longest} characters.")
        if name not in _RESERVED and not _NAME.fullmatch(name):
            raise TagError(f"Invalid tag name <{name}>: {_NAME_RULE}")
        if not value:
            raise TagError("The tag value must be specified.")
        if len(value) > longest:
            raise TagError(f"Tag value cannot exceed {longest} characters.")
        if not value_pattern.fullmatch(value):
            raise TagError(f"Invalid tag value <{value}>: {value_rule}")
