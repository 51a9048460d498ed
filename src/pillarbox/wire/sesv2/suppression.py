"""The suppression list: requests become calls of `manage/recipients/suppression.py`."""

from dataclasses import dataclass
from typing import cast

from pillarbox.manage.paging import Paging
from pillarbox.manage.recipients.suppression import (
    SuppressionFilter,
    delete_suppressed,
    get_suppressed,
    list_suppressed,
    put_suppressed,
)
from pillarbox.proto.aws.rest_json import epoch_seconds
from pillarbox.store.lists.suppression import SuppressedRow
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.absent_features import check_tenant
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import PAGE_QUERY
from pillarbox.wire.sesv2.suppression_shapes import (
    GetSuppressedDestinationResponse,
    ListSuppressedDestinationsRequest,
    ListSuppressedDestinationsResponse,
    PutSuppressedDestinationRequest,
    SuppressedDestination,
    SuppressedDestinationAttributes,
    SuppressedDestinationRequest,
    SuppressedDestinationSummary,
    SuppressedReason,
)

ALL = "/v2/email/suppression/addresses"
ONE = ALL + "/{EmailAddress}"
TENANT_QUERY = ("TenantName",)


@dataclass(frozen=True, slots=True)
class Suppression:
    """The handlers; only SES v2 has them."""

    services: Services

    def only_v2(self) -> tuple[AnyOperation, ...]:
        """Give the operations that only SES v2 has."""
        return (
            Operation(
                name="PutSuppressedDestination",
                method="PUT",
                path=ALL,
                request=PutSuppressedDestinationRequest,
                handler=self.put,
            ),
            Operation(
                name="GetSuppressedDestination",
                method="GET",
                path=ONE,
                request=SuppressedDestinationRequest,
                handler=self.get,
                query=TENANT_QUERY,
            ),
            Operation(
                name="DeleteSuppressedDestination",
                method="DELETE",
                path=ONE,
                request=SuppressedDestinationRequest,
                handler=self.delete,
                query=TENANT_QUERY,
            ),
            Operation(
                name="ListSuppressedDestinations",
                method="GET",
                path=ALL,
                request=ListSuppressedDestinationsRequest,
                handler=self.list,
                query=(*PAGE_QUERY, *TENANT_QUERY, "Reason", "StartDate", "EndDate"),
            ),
        )

    async def put(self, call: Call[PutSuppressedDestinationRequest]) -> None:
        """PutSuppressedDestination: an address that is there gets the new reason."""
        request, account_id, now = call.request, call.caller.account_id, self.services.now()
        check_tenant(request.tenant_name)
        await self.services.store.write(
            lambda conn: put_suppressed(
                conn, account_id, request.email_address, reason=request.reason, now=now
            )
        )

    async def get(
        self, call: Call[SuppressedDestinationRequest]
    ) -> GetSuppressedDestinationResponse:
        """GetSuppressedDestination."""
        account_id, address = call.caller.account_id, call.request.email_address
        check_tenant(call.request.tenant_name)
        row = await self.services.store.read(lambda conn: get_suppressed(conn, account_id, address))
        attributes = SuppressedDestinationAttributes(
            message_id=row.message_id, feedback_id=row.feedback_id
        )
        return GetSuppressedDestinationResponse(
            suppressed_destination=SuppressedDestination(
                email_address=row.address,
                reason=_reason(row),
                last_update_time=epoch_seconds(row.updated_at),
                attributes=None if attributes == SuppressedDestinationAttributes() else attributes,
            )
        )

    async def delete(self, call: Call[SuppressedDestinationRequest]) -> None:
        """DeleteSuppressedDestination."""
        account_id, address = call.caller.account_id, call.request.email_address
        check_tenant(call.request.tenant_name)
        await self.services.store.write(lambda conn: delete_suppressed(conn, account_id, address))

    async def list(
        self, call: Call[ListSuppressedDestinationsRequest]
    ) -> ListSuppressedDestinationsResponse:
        """ListSuppressedDestinations: by address."""
        request = call.request
        check_tenant(request.tenant_name)
        wanted = SuppressionFilter(
            reasons=request.reasons or (),
            since=_milliseconds(request.start_date),
            until=_milliseconds(request.end_date),
        )
        paging = Paging(self.services.paging_key, call.caller.account_id, "suppression")
        page = await self.services.store.read(
            lambda conn: list_suppressed(
                conn, paging, token=request.next_token, size=request.page_size, wanted=wanted
            )
        )
        return ListSuppressedDestinationsResponse(
            suppressed_destination_summaries=tuple(map(_summary, page.items)),
            next_token=page.next_token,
        )


def _summary(row: SuppressedRow) -> SuppressedDestinationSummary:
    return SuppressedDestinationSummary(
        email_address=row.address,
        reason=_reason(row),
        last_update_time=epoch_seconds(row.updated_at),
    )


def _reason(row: SuppressedRow) -> SuppressedReason:
    return cast("SuppressedReason", row.reason)


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)
