"""The operations on dedicated IP pools: requests become calls of
`manage/addresses/dedicated_pools.py`.
"""

from dataclasses import dataclass
from typing import cast

from pillarbox.manage.addresses.dedicated_pools import (
    NewPool,
    create_pool,
    delete_pool,
    get_pool,
    list_pools,
    set_scaling_mode,
)
from pillarbox.manage.paging import Paging
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.dedicated_shapes import (
    CreateDedicatedIpPoolRequest,
    DedicatedIpPool,
    GetDedicatedIpPoolResponse,
    ListDedicatedIpPoolsRequest,
    ListDedicatedIpPoolsResponse,
    PoolRequest,
    PutDedicatedIpPoolScalingAttributesRequest,
    ScalingMode,
)
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import PAGE_QUERY, tag_pairs

PATH = "/v2/email/dedicated-ip-pools"
ONE = PATH + "/{PoolName}"
_RESOURCE = "dedicated-ip-pool/{PoolName}"


@dataclass(frozen=True, slots=True)
class DedicatedPools:
    """The handlers; they are the same in both APIs."""

    services: Services

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            Operation(
                name="CreateDedicatedIpPool",
                method="POST",
                path=PATH,
                request=CreateDedicatedIpPoolRequest,
                handler=self.create,
            ),
            Operation(
                name="DeleteDedicatedIpPool",
                method="DELETE",
                path=ONE,
                request=PoolRequest,
                handler=self.delete,
                resource=_RESOURCE,
            ),
            Operation(
                name="ListDedicatedIpPools",
                method="GET",
                path=PATH,
                request=ListDedicatedIpPoolsRequest,
                handler=self.list,
                query=PAGE_QUERY,
            ),
        )

    def v2_operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that only SES v2 has."""
        return (
            Operation(
                name="GetDedicatedIpPool",
                method="GET",
                path=ONE,
                request=PoolRequest,
                handler=self.get,
                resource=_RESOURCE,
            ),
            Operation(
                name="PutDedicatedIpPoolScalingAttributes",
                method="PUT",
                path=ONE + "/scaling",
                request=PutDedicatedIpPoolScalingAttributesRequest,
                handler=self.put_scaling,
                resource=_RESOURCE,
            ),
        )

    async def create(self, call: Call[CreateDedicatedIpPoolRequest]) -> None:
        """CreateDedicatedIpPool."""
        services, request, account_id = self.services, call.request, call.caller.account_id
        new = NewPool(
            name=request.pool_name,
            scaling_mode=request.scaling_mode,
            tags=tag_pairs(request.tags),
        )
        await services.store.write(
            lambda conn: create_pool(conn, account_id, new, now=services.now())
        )

    async def get(self, call: Call[PoolRequest]) -> GetDedicatedIpPoolResponse:
        """GetDedicatedIpPool."""
        account_id, name = call.caller.account_id, call.request.pool_name
        pool = await self.services.store.read(lambda conn: get_pool(conn, account_id, name))
        mode = cast("ScalingMode", pool.scaling_mode)
        return GetDedicatedIpPoolResponse(
            dedicated_ip_pool=DedicatedIpPool(pool_name=pool.name, scaling_mode=mode)
        )

    async def delete(self, call: Call[PoolRequest]) -> None:
        """DeleteDedicatedIpPool."""
        account_id, name = call.caller.account_id, call.request.pool_name
        await self.services.store.write(lambda conn: delete_pool(conn, account_id, name))

    async def put_scaling(self, call: Call[PutDedicatedIpPoolScalingAttributesRequest]) -> None:
        """PutDedicatedIpPoolScalingAttributes."""
        account_id, request = call.caller.account_id, call.request
        await self.services.store.write(
            lambda conn: set_scaling_mode(conn, account_id, request.pool_name, request.scaling_mode)
        )

    async def list(self, call: Call[ListDedicatedIpPoolsRequest]) -> ListDedicatedIpPoolsResponse:
        """ListDedicatedIpPools."""
        token, size = call.request.next_token, call.request.page_size
        paging = Paging(self.services.paging_key, call.caller.account_id, "dedicated-ip-pools")
        page = await self.services.store.read(
            lambda conn: list_pools(conn, paging, token=token, size=size)
        )
        return ListDedicatedIpPoolsResponse(
            dedicated_ip_pools=page.items, next_token=page.next_token
        )
