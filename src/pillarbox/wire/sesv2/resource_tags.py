"""The operations on resource tags: requests become calls of `manage/resource_tags.py`."""

from dataclasses import dataclass

from pillarbox.manage.resource_tags import list_tags, tag_resource, untag_resource
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import tag_pairs, tag_shapes
from pillarbox.wire.sesv2.tag_shapes import (
    ListTagsForResourceRequest,
    ListTagsForResourceResponse,
    TagResourceRequest,
    UntagResourceRequest,
)

PATH = "/v2/email/tags"


@dataclass(frozen=True, slots=True)
class ResourceTags:
    """The handlers; they are the same in both APIs."""

    services: Services

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            Operation(
                name="ListTagsForResource",
                method="GET",
                path=PATH,
                request=ListTagsForResourceRequest,
                handler=self.list,
                query=("ResourceArn",),
            ),
            Operation(
                name="TagResource",
                method="POST",
                path=PATH,
                request=TagResourceRequest,
                handler=self.tag,
            ),
            Operation(
                name="UntagResource",
                method="DELETE",
                path=PATH,
                request=UntagResourceRequest,
                handler=self.untag,
                query=("ResourceArn", "TagKeys"),
            ),
        )

    async def list(self, call: Call[ListTagsForResourceRequest]) -> ListTagsForResourceResponse:
        """ListTagsForResource."""
        services, account_id, arn = self.services, call.caller.account_id, call.request.resource_arn
        tags = await services.store.read(
            lambda conn: list_tags(conn, account_id, services.region, arn)
        )
        return ListTagsForResourceResponse(tags=tag_shapes(tags))

    async def tag(self, call: Call[TagResourceRequest]) -> None:
        """TagResource."""
        services, account_id, arn = self.services, call.caller.account_id, call.request.resource_arn
        tags = tag_pairs(call.request.tags)
        await services.store.write(
            lambda conn: tag_resource(conn, account_id, services.region, arn, tags)
        )

    async def untag(self, call: Call[UntagResourceRequest]) -> None:
        """UntagResource."""
        services, account_id, arn = self.services, call.caller.account_id, call.request.resource_arn
        keys = call.request.tag_keys
        await services.store.write(
            lambda conn: untag_resource(conn, account_id, services.region, arn, keys)
        )
