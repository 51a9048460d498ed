"""The operations that put options to a configuration set.

Requests become calls of `manage/sets/options.py`; a set that is not there is told before
what is wrong with the options.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.manage.sets.configuration_sets import Tracking, get_configuration_set
from pillarbox.manage.sets.options import (
    put_delivery,
    put_reputation,
    put_sending,
    put_suppression,
    put_tracking,
)
from pillarbox.wire.http.operation import AnyOperation, Call, Handler, Operation, RequestT
from pillarbox.wire.sesv2 import absent_features as absent
from pillarbox.wire.sesv2.dialect import Dialect
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.set_option_shapes import (
    PutArchivingOptions,
    PutDeliveryOptions,
    PutReputationOptions,
    PutSendingOptions,
    PutSuppressionOptions,
    PutTrackingOptions,
    PutVdmOptions,
    UpdateConfigurationSetRequest,
)

ONE = "/v2/email/configuration-sets/{ConfigurationSetName}"


@dataclass(frozen=True, slots=True)
class SetOptions:
    """The handlers, in one API's dialect."""

    services: Services
    dialect: Dialect

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            _put("Delivery", "delivery-options", self.delivery, PutDeliveryOptions),
            _put("Reputation", "reputation-options", self.reputation, PutReputationOptions),
            _put("Sending", "sending", self.sending, PutSendingOptions),
            _put("Tracking", "tracking-options", self.tracking, PutTrackingOptions),
        )

    def only_v2(self) -> tuple[AnyOperation, ...]:
        """Give the operations that only SES v2 has."""
        return (
            _put("Suppression", "suppression-options", self.suppression, PutSuppressionOptions),
            _put("Archiving", "archiving-options", self.archiving, PutArchivingOptions),
            _put("Vdm", "vdm-options", self.vdm, PutVdmOptions),
            Operation(
                name="UpdateConfigurationSet",
                method="POST",
                path="/v2/email/update-configuration-sets",
                request=UpdateConfigurationSetRequest,
                handler=self.update,
            ),
        )

    async def delivery(self, call: Call[PutDeliveryOptions]) -> None:
        """PutConfigurationSetDeliveryOptions: for mail accepted from now on."""
        request, account_id = call.request, call.caller.account_id
        await self._write(
            lambda conn: put_delivery(
                conn,
                account_id,
                request.configuration_set_name,
                tls_policy=request.tls_policy,
                sending_pool=request.sending_pool_name,
                max_delivery_seconds=request.max_delivery_seconds,
                keep_lifetime=not self.dialect.whole_options,
            )
        )

    async def reputation(self, call: Call[PutReputationOptions]) -> None:
        """PutConfigurationSetReputationOptions: without its member it is off (facts §2.8)."""
        request, account_id = call.request, call.caller.account_id
        metrics = bool(request.reputation_metrics_enabled)
        await self._write(
            lambda conn: put_reputation(
                conn, account_id, request.configuration_set_name, metrics=metrics
            )
        )

    async def sending(self, call: Call[PutSendingOptions]) -> None:
        """PutConfigurationSetSendingOptions: without its member it is off (facts §2.8)."""
        request, account_id = call.request, call.caller.account_id
        now = self.services.now()
        await self._write(
            lambda conn: put_sending(
                conn,
                account_id,
                request.configuration_set_name,
                enabled=bool(request.sending_enabled),
                now=now,
            )
        )

    async def tracking(self, call: Call[PutTrackingOptions]) -> None:
        """PutConfigurationSetTrackingOptions: with neither member it clears them (facts §2.3)."""
        request, account_id = call.request, call.caller.account_id
        tracking = Tracking(
            custom_redirect_domain=request.custom_redirect_domain,
            https_policy=request.https_policy,
        )
        await self._write(
            lambda conn: put_tracking(
                conn,
                account_id,
                request.configuration_set_name,
                tracking,
                everything_verified=self.services.everything_verified,
                keep_policy=not self.dialect.whole_options,
            )
        )

    async def suppression(self, call: Call[PutSuppressionOptions]) -> None:
        """PutConfigurationSetSuppressionOptions: without reasons the account's hold again."""
        request, account_id = call.request, call.caller.account_id

        def put(conn: Connection) -> None:
            name = request.configuration_set_name
            put_suppression(conn, account_id, name, reasons=request.suppressed_reasons)
            absent.check_scope(request.suppression_scope)
            absent.check_validation(request.validation_options)

        await self._write(put)

    async def archiving(self, call: Call[PutArchivingOptions]) -> None:
        """PutConfigurationSetArchivingOptions: without an archive it leaves all as it is."""
        await self._nothing(call, lambda: absent.check_archiving(call.request))

    async def vdm(self, call: Call[PutVdmOptions]) -> None:
        """PutConfigurationSetVdmOptions: what says that it is off is taken."""
        await self._nothing(call, lambda: absent.check_vdm_options(call.request.vdm_options))

    async def update(self, call: Call[UpdateConfigurationSetRequest]) -> None:
        """UpdateConfigurationSet: the default signing scheme is the one there is."""
        security = call.request.message_security_options
        await self._nothing(call, lambda: absent.check_message_security(security))

    async def _nothing(
        self,
        call: Call[PutArchivingOptions] | Call[PutVdmOptions] | Call[UpdateConfigurationSetRequest],
        check: Callable[[], None],
    ) -> None:
        account_id, name = call.caller.account_id, call.request.configuration_set_name

        def put(conn: Connection) -> None:
            get_configuration_set(conn, account_id, name)
            check()

        await self.services.store.read(put)

    async def _write(self, change: Callable[[Connection], None]) -> None:
        await self.services.store.write(change)


def _put(
    group: str, path: str, handler: Handler[RequestT], request: type[RequestT]
) -> AnyOperation:
    return Operation(
        name=f"PutConfigurationSet{group}Options",
        method="PUT",
        path=f"{ONE}/{path}",
        request=request,
        handler=handler,
        resource="configuration-set/{ConfigurationSetName}",
    )
