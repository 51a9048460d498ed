"""GetAccount: the state of the account that calls."""

from dataclasses import dataclass

from pillarbox.manage.account import get_account
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.account_shapes import GetAccountResponse, SendQuota
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import Empty


@dataclass(frozen=True, slots=True)
class Account:
    """The handler; it is the same in both APIs."""

    services: Services

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            Operation(
                name="GetAccount",
                method="GET",
                path="/v2/email/account",
                request=Empty,
                handler=self.get,
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
        )
