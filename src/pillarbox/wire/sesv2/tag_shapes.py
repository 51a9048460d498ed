"""Requests and answers of the operations on resource tags (facts, Appendix A.2 and B)."""

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Name, Tag


class ListTagsForResourceRequest(Shape, frozen=True, kw_only=True):
    """Ask for the tags of a resource."""

    resource_arn: Name


class ListTagsForResourceResponse(Shape, frozen=True, kw_only=True):
    """The tags of a resource."""

    tags: tuple[Tag, ...]


class TagResourceRequest(Shape, frozen=True, kw_only=True):
    """Add tags to a resource, or change them."""

    resource_arn: Name
    tags: tuple[Tag, ...]


class UntagResourceRequest(Shape, frozen=True, kw_only=True):
    """Take tags off a resource."""

    resource_arn: Name
    tag_keys: tuple[str, ...]
