"""Members that the shapes of several actions share.

As in `wire/sesv2/shared_shapes.py`: names on the wire are derived or given, a member without a
default is required, members that are None are not written. Times are `datetime`s here, since Query
writes them as ISO 8601.
"""

from pillarbox.proto.aws.rest_json import Shape


class Empty(Shape, frozen=True, kw_only=True):
    """The request of an action that takes nothing."""


class MessageTag(Shape, frozen=True, kw_only=True):
    """A tag of the message, for its events."""

    name: str
    value: str
