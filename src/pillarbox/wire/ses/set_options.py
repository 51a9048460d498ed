"""The actions on options of a configuration set: requests become calls of `manage`."""

from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.manage.sets.configuration_sets import hold_set
from pillarbox.manage.sets.options import put_delivery, put_reputation, put_sending
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses import configuration_set_shapes as shapes
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.words import capitals
from pillarbox.wire.sesv2.services import Services


@dataclass(frozen=True, slots=True)
class SetOptions:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(
                name="PutConfigurationSetDeliveryOptions",
                request=shapes.PutConfigurationSetDeliveryOptionsRequest,
                handler=self.put_delivery,
            ),
            Action(
                name="UpdateConfigurationSetReputationMetricsEnabled",
                request=shapes.SwitchRequest,
                handler=self.switch_metrics,
                result=False,
            ),
            Action(
                name="UpdateConfigurationSetSendingEnabled",
                request=shapes.SwitchRequest,
                handler=self.switch_sending,
                result=False,
            ),
        )

    async def put_delivery(
        self, call: Call[shapes.PutConfigurationSetDeliveryOptionsRequest]
    ) -> None:
        """PutConfigurationSetDeliveryOptions: what SES v1 does not know stays as it is."""
        account_id, name = call.caller.account_id, call.request.configuration_set_name
        options = call.request.delivery_options or shapes.DeliveryOptions()
        policy = None if options.tls_policy is None else capitals(options.tls_policy)

        def put(conn: Connection) -> None:
            held = hold_set(conn, account_id, name)
            put_delivery(
                conn,
                account_id,
                name,
                tls_policy=policy,
                sending_pool=held.sending_pool,
                max_delivery_seconds=held.max_delivery_seconds,
            )

        await self.services.store.write(put)

    async def switch_metrics(self, call: Call[shapes.SwitchRequest]) -> None:
        """UpdateConfigurationSetReputationMetricsEnabled."""
        account_id, request = call.caller.account_id, call.request
        await self.services.store.write(
            lambda conn: put_reputation(
                conn, account_id, request.configuration_set_name, metrics=request.enabled
            )
        )

    async def switch_sending(self, call: Call[shapes.SwitchRequest]) -> None:
        """UpdateConfigurationSetSendingEnabled."""
        account_id, request = call.caller.account_id, call.request
        await self.services.store.write(
            lambda conn: put_sending(
                conn,
                account_id,
                request.configuration_set_name,
                enabled=request.enabled,
                now=self.services.now(),
            )
        )
