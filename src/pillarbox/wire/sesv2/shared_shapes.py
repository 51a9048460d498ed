"""Members that the shapes of many operations share.

A shape is written once, in the words of SES v2; `wire/pinpoint` says what v1 leaves out. Attribute
names are ours, names on the wire are derived (`mail_from_domain` is `MailFromDomain`) or given. A
member without a default is required. Members the service does not know are ignored, members that
are None are not sent. Enumerations and bounds stand in the types, and the codec
(`proto/aws/rest_json.py`) refuses what breaks them.
"""

from typing import Annotated, Literal

from msgspec import Meta

from pillarbox.base.errors import BadRequest
from pillarbox.proto.aws.rest_json import Shape

#: The members of a query string that every list call has.
PAGE_QUERY = ("PageSize", "NextToken")


class Empty(Shape, frozen=True, kw_only=True):
    """The request or the answer of an operation that has no members."""


class Epoch(float):
    """Marks a timestamp in annotations; never made."""


Timestamp = Annotated[float, Epoch, Meta(ge=0, le=253_402_300_799)]
"""Seconds since the epoch with fractions, as AWS writes times (facts §1.4), to the year 9999."""

Name = Annotated[str, Meta(min_length=1)]
"""A string that may not be empty."""

Switch = Literal["ENABLED", "DISABLED"]


class Tag(Shape, frozen=True, kw_only=True):
    """A resource tag."""

    key: str
    value: str


def tag_pairs(tags: tuple[Tag, ...] | None) -> tuple[tuple[str, str], ...]:
    """Give resource tags as pairs."""
    return tuple((tag.key, tag.value) for tag in tags or ())


def tag_shapes(tags: tuple[tuple[str, str], ...]) -> tuple[Tag, ...]:
    """Give pairs as resource tags."""
    return tuple(Tag(key=key, value=value) for key, value in tags)


def refuse_given(shape: Shape, *attributes: str) -> None:
    """Refuse a request that gives members whose effect is still missing, rather than ignore them.

    Raises BadRequest.
    """
    wire_names = dict(zip(shape.__struct_fields__, shape.__struct_encode_fields__, strict=True))
    for attribute in attributes:
        if getattr(shape, attribute) is not None:
            raise BadRequest(f"{wire_names[attribute]} is not supported yet.")
