"""The account that calls: its state, and what its owner switches."""

from dataclasses import dataclass
from typing import cast

from pillarbox.manage.account import (
    get_account,
    put_auto_warmup,
    put_sending,
    put_suppressed_reasons,
)
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2 import absent_features as absent
from pillarbox.wire.sesv2.account_shapes import (
    GetAccountResponse,
    PutAccountDedicatedIpWarmupAttributesRequest,
    PutAccountSendingAttributesRequest,
    PutAccountSuppressionAttributesRequest,
    PutAccountVdmAttributesRequest,
    SendQuota,
)
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import Empty
from pillarbox.wire.sesv2.suppression_shapes import SuppressedReasons, SuppressionAttributes

PATH = "/v2/email/account"


@dataclass(frozen=True, slots=True)
class Account:
    """The handlers; they are the same in both APIs."""

    services: Services

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            Operation(
                name="GetAccount",
                method="GET",
                path=PATH,
                request=Empty,
                handler=self.get,
            ),
            Operation(
                name="PutAccountSendingAttributes",
                method="PUT",
                path=f"{PATH}/sending",
                request=PutAccountSendingAttributesRequest,
                handler=self.sending,
            ),
            Operation(
                name="PutAccountDedicatedIpWarmupAttributes",
                method="PUT",
                path=f"{PATH}/dedicated-ips/warmup",
                request=PutAccountDedicatedIpWarmupAttributesRequest,
                handler=self.warmup,
            ),
        )

    def only_v2(self) -> tuple[AnyOperation, ...]:
        """Give the operations that only SES v2 has."""
        return (
            Operation(
                name="PutAccountSuppressionAttributes",
                method="PUT",
                path=f"{PATH}/suppression",
                request=PutAccountSuppressionAttributesRequest,
                handler=self.suppression,
            ),
            Operation(
                name="PutAccountVdmAttributes",
                method="PUT",
                path=f"{PATH}/vdm",
                request=PutAccountVdmAttributesRequest,
                handler=self.vdm,
            ),
        )

    async def get(self, call: Call[Empty]) -> GetAccountResponse:
        """GetAccount."""
        account_id, now = call.caller.account_id, self.services.now()
        state = await self.services.store.read(lambda conn: get_account(conn, account_id, now=now))
        return GetAccountResponse(
            dedicated_ip_auto_warmup_enabled=state.auto_warmup,
            enforcement_status=state.enforcement,
            production_access_enabled=state.production,
            send_quota=SendQuota(
                max_24_hour_send=state.max_24h,
                max_send_rate=state.max_rate,
                sent_last_24_hours=float(state.sent_24h),
            ),
            sending_enabled=state.sending_enabled,
            suppression_attributes=SuppressionAttributes(
                suppressed_reasons=cast("SuppressedReasons", state.suppressed_reasons)
            ),
        )

    async def sending(self, call: Call[PutAccountSendingAttributesRequest]) -> None:
        """PutAccountSendingAttributes: without its member it is off (facts §2.8)."""
        account_id, enabled = call.caller.account_id, bool(call.request.sending_enabled)
        await self.services.store.write(lambda conn: put_sending(conn, account_id, enabled=enabled))

    async def warmup(self, call: Call[PutAccountDedicatedIpWarmupAttributesRequest]) -> None:
        """PutAccountDedicatedIpWarmupAttributes: without its member it is off."""
        account_id, enabled = call.caller.account_id, bool(call.request.auto_warmup_enabled)
        await self.services.store.write(
            lambda conn: put_auto_warmup(conn, account_id, enabled=enabled)
        )

    async def suppression(self, call: Call[PutAccountSuppressionAttributesRequest]) -> None:
        """PutAccountSuppressionAttributes: without reasons nobody is suppressed."""
        absent.check_validation(call.request.validation_attributes)
        account_id, reasons = call.caller.account_id, call.request.suppressed_reasons or ()
        await self.services.store.write(
            lambda conn: put_suppressed_reasons(conn, account_id, reasons)
        )

    async def vdm(self, call: Call[PutAccountVdmAttributesRequest]) -> None:
        """PutAccountVdmAttributes: what says that it is off is taken."""
        absent.check_vdm_attributes(call.request.vdm_attributes)
