"""The operations on sending addresses: requests become calls of
`manage/addresses/dedicated_ips.py`.
"""

from dataclasses import dataclass

from pillarbox.manage.addresses.dedicated_ips import (
    get_address,
    list_addresses,
    move_address,
    set_warmup,
)
from pillarbox.manage.paging import Paging
from pillarbox.model import warmup
from pillarbox.model.sending_address import SendingAddress
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.dedicated_shapes import (
    DedicatedIp,
    GetDedicatedIpRequest,
    GetDedicatedIpResponse,
    GetDedicatedIpsRequest,
    GetDedicatedIpsResponse,
    PutDedicatedIpInPoolRequest,
    PutDedicatedIpWarmupAttributesRequest,
)
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import PAGE_QUERY

PATH = "/v2/email/dedicated-ips"
ONE = PATH + "/{IP}"


@dataclass(frozen=True, slots=True)
class DedicatedIps:
    """The handlers; they are the same in both APIs."""

    services: Services

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            Operation(
                name="GetDedicatedIp",
                method="GET",
                path=ONE,
                request=GetDedicatedIpRequest,
                handler=self.get,
            ),
            Operation(
                name="GetDedicatedIps",
                method="GET",
                path=PATH,
                request=GetDedicatedIpsRequest,
                handler=self.list,
                query=("PoolName", *PAGE_QUERY),
            ),
            Operation(
                name="PutDedicatedIpInPool",
                method="PUT",
                path=ONE + "/pool",
                request=PutDedicatedIpInPoolRequest,
                handler=self.put_pool,
            ),
            Operation(
                name="PutDedicatedIpWarmupAttributes",
                method="PUT",
                path=ONE + "/warmup",
                request=PutDedicatedIpWarmupAttributesRequest,
                handler=self.put_warmup,
            ),
        )

    async def get(self, call: Call[GetDedicatedIpRequest]) -> GetDedicatedIpResponse:
        """GetDedicatedIp."""
        account_id, address = call.caller.account_id, call.request.ip
        found = await self.services.store.read(lambda conn: get_address(conn, account_id, address))
        return GetDedicatedIpResponse(dedicated_ip=_shown(found, self.services.now()))

    async def list(self, call: Call[GetDedicatedIpsRequest]) -> GetDedicatedIpsResponse:
        """GetDedicatedIps: a token belongs to the list of its pool."""
        request = call.request
        kind = f"dedicated-ips {request.pool_name or ''}"
        paging = Paging(self.services.paging_key, call.caller.account_id, kind)
        page = await self.services.store.read(
            lambda conn: list_addresses(
                conn,
                paging,
                token=request.next_token,
                size=request.page_size,
                pool=request.pool_name,
            )
        )
        now = self.services.now()
        return GetDedicatedIpsResponse(
            dedicated_ips=tuple(_shown(one, now) for one in page.items), next_token=page.next_token
        )

    async def put_pool(self, call: Call[PutDedicatedIpInPoolRequest]) -> None:
        """PutDedicatedIpInPool."""
        account_id, request, now = call.caller.account_id, call.request, self.services.now()
        await self.services.store.write(
            lambda conn: move_address(
                conn, account_id, request.ip, request.destination_pool_name, now=now
            )
        )

    async def put_warmup(self, call: Call[PutDedicatedIpWarmupAttributesRequest]) -> None:
        """PutDedicatedIpWarmupAttributes."""
        account_id, request, now = call.caller.account_id, call.request, self.services.now()
        await self.services.store.write(
            lambda conn: set_warmup(
                conn, account_id, request.ip, request.warmup_percentage, now=now
            )
        )


def _shown(one: SendingAddress, now: int) -> DedicatedIp:
    percentage = warmup.percentage(one.warmup_started_at, now)
    return DedicatedIp(
        ip=one.address,
        warmup_status="DONE" if percentage == 100 else "IN_PROGRESS",
        warmup_percentage=percentage,
        pool_name=one.pool_name,
    )
