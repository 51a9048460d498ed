"""The account actions: requests become calls of `manage`."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pillarbox.manage.account import AccountState, get_account, put_sending
from pillarbox.manage.seen.send_statistics import SendPoint, send_points
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses.account_shapes import (
    GetAccountSendingEnabledResponse,
    GetSendQuotaResponse,
    GetSendStatisticsResponse,
    SendDataPoint,
    UpdateAccountSendingEnabledRequest,
)
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.shared_shapes import Empty
from pillarbox.wire.sesv2.services import Services


@dataclass(frozen=True, slots=True)
class Account:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(name="GetSendQuota", request=Empty, handler=self.quota),
            Action(name="GetSendStatistics", request=Empty, handler=self.statistics),
            Action(name="GetAccountSendingEnabled", request=Empty, handler=self.sending),
            Action(
                name="UpdateAccountSendingEnabled",
                request=UpdateAccountSendingEnabledRequest,
                handler=self.switch,
                result=False,
            ),
        )

    async def quota(self, call: Call[Empty]) -> GetSendQuotaResponse:
        """GetSendQuota."""
        account = await self._account(call)
        return GetSendQuotaResponse(
            max_24_hour_send=float(account.max_24h),
            max_send_rate=float(account.max_rate),
            sent_last_24_hours=float(account.sent_24h),
        )

    async def statistics(self, call: Call[Empty]) -> GetSendStatisticsResponse:
        """GetSendStatistics: 15 minutes a point, two weeks (facts §9)."""
        account_id, now = call.caller.account_id, self.services.now()
        points = await self.services.store.read(lambda conn: send_points(conn, account_id, now=now))
        return GetSendStatisticsResponse(send_data_points=tuple(map(_point, points)))

    async def sending(self, call: Call[Empty]) -> GetAccountSendingEnabledResponse:
        """GetAccountSendingEnabled."""
        account = await self._account(call)
        return GetAccountSendingEnabledResponse(enabled=account.sending_enabled)

    async def switch(self, call: Call[UpdateAccountSendingEnabledRequest]) -> None:
        """UpdateAccountSendingEnabled: without Enabled it is off, as in the JSON APIs."""
        account_id, enabled = call.caller.account_id, bool(call.request.enabled)
        await self.services.store.write(lambda conn: put_sending(conn, account_id, enabled=enabled))

    async def _account(self, call: Call[Empty]) -> AccountState:
        account_id, now = call.caller.account_id, self.services.now()
        return await self.services.store.read(lambda conn: get_account(conn, account_id, now=now))


def _point(point: SendPoint) -> SendDataPoint:
    return SendDataPoint(
        timestamp=datetime.fromtimestamp(point.start / 1000, UTC),
        delivery_attempts=point.attempts,
        bounces=point.bounces,
        complaints=point.complaints,
        rejects=point.rejects,
    )
