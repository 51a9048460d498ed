"""The configuration set operations: requests become calls of
`manage/sets/configuration_sets.py`.
"""

from dataclasses import dataclass
from typing import cast

from pillarbox.base.errors import BadRequest
from pillarbox.manage.paging import Paging
from pillarbox.manage.sets.configuration_sets import (
    ConfigurationSet,
    Tracking,
    create_configuration_set,
    delete_configuration_set,
    get_configuration_set,
    list_configuration_sets,
)
from pillarbox.proto.aws.rest_json import epoch_seconds
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2 import absent_features as absent
from pillarbox.wire.sesv2.configuration_set_shapes import (
    CreateConfigurationSetRequest,
    DeleteConfigurationSetRequest,
    DeliveryOptions,
    GetConfigurationSetRequest,
    GetConfigurationSetResponse,
    HttpsPolicy,
    ListConfigurationSetsRequest,
    ListConfigurationSetsResponse,
    ReputationOptions,
    SendingOptions,
    TlsPolicy,
    TrackingOptions,
)
from pillarbox.wire.sesv2.dialect import Dialect
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import PAGE_QUERY, tag_pairs, tag_shapes
from pillarbox.wire.sesv2.suppression_shapes import SuppressedReason, SuppressionOptions

PATH = "/v2/email/configuration-sets"
ONE = PATH + "/{ConfigurationSetName}"


@dataclass(frozen=True, slots=True)
class ConfigurationSets:
    """The handlers, in one API's dialect."""

    services: Services
    dialect: Dialect

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        one = "configuration-set/{ConfigurationSetName}"
        return (
            Operation(
                name="CreateConfigurationSet",
                method="POST",
                path=PATH,
                request=CreateConfigurationSetRequest,
                handler=self.create,
            ),
            Operation(
                name="GetConfigurationSet",
                method="GET",
                path=ONE,
                request=GetConfigurationSetRequest,
                handler=self.get,
                resource=one,
            ),
            Operation(
                name="DeleteConfigurationSet",
                method="DELETE",
                path=ONE,
                request=DeleteConfigurationSetRequest,
                handler=self.delete,
                resource=one,
            ),
            Operation(
                name="ListConfigurationSets",
                method="GET",
                path=PATH,
                request=ListConfigurationSetsRequest,
                handler=self.list,
                query=PAGE_QUERY,
            ),
        )

    def post_list(self) -> AnyOperation:
        """Give the list call in today's form of SES v2 (facts §1.3)."""
        return Operation(
            name="ListConfigurationSets",
            method="POST",
            path="/v2/email/list-configuration-sets",
            request=ListConfigurationSetsRequest,
            handler=self.list,
        )

    async def create(self, call: Call[CreateConfigurationSetRequest]) -> None:
        """CreateConfigurationSet."""
        services, account_id = self.services, call.caller.account_id
        new = self._new_set(call.request)
        await services.store.write(
            lambda conn: create_configuration_set(
                conn,
                account_id,
                new,
                now=services.now(),
                everything_verified=services.everything_verified,
                most=services.quotas.configuration_sets,
            )
        )

    async def get(self, call: Call[GetConfigurationSetRequest]) -> GetConfigurationSetResponse:
        """GetConfigurationSet: options that were never set are left out (facts §1.7)."""
        account_id, name = call.caller.account_id, call.request.configuration_set_name
        found = await self.services.store.read(
            lambda conn: get_configuration_set(conn, account_id, name)
        )
        return _answer(found)

    async def delete(self, call: Call[DeleteConfigurationSetRequest]) -> None:
        """DeleteConfigurationSet."""
        account_id, name = call.caller.account_id, call.request.configuration_set_name
        await self.services.store.write(
            lambda conn: delete_configuration_set(conn, account_id, name)
        )

    async def list(self, call: Call[ListConfigurationSetsRequest]) -> ListConfigurationSetsResponse:
        """ListConfigurationSets."""
        request = call.request
        filters = dict(request.filter or {})
        paging = Paging(self.services.paging_key, call.caller.account_id, "configuration-sets")
        page = await self.services.store.read(
            lambda conn: list_configuration_sets(
                conn,
                paging,
                token=request.next_token,
                size=request.page_size,
                contains=filters.get("CONFIGURATION_SET_NAME_CONTAINS"),
            )
        )
        return ListConfigurationSetsResponse(
            configuration_sets=page.items, next_token=page.next_token
        )

    def _new_set(self, request: CreateConfigurationSetRequest) -> ConfigurationSet:
        absent.check_vdm_options(request.vdm_options)
        absent.check_archiving(request.archiving_options)
        absent.check_message_security(request.message_security_options)
        delivery = request.delivery_options or DeliveryOptions()
        reputation = request.reputation_options
        sending = request.sending_options
        fresh_start = reputation.last_fresh_start if reputation else None
        return ConfigurationSet(
            name=request.configuration_set_name,
            # Options without their member mean false, as in the Put operations (facts §2.8).
            sending_enabled=bool(sending.sending_enabled) if sending else True,
            reputation_metrics=bool(reputation.reputation_metrics_enabled)
            if reputation
            else self.dialect.metrics_by_default,
            last_fresh_start=None if fresh_start is None else int(fresh_start * 1000),
            tls_policy=delivery.tls_policy,
            sending_pool=delivery.sending_pool_name,
            max_delivery_seconds=delivery.max_delivery_seconds,
            tracking=_tracking(request.tracking_options),
            suppressed_reasons=_suppressed(request.suppression_options),
            tags=tag_pairs(request.tags),
        )


def _tracking(options: TrackingOptions | None) -> Tracking | None:
    if options is None:
        return None
    return Tracking(
        custom_redirect_domain=options.custom_redirect_domain, https_policy=options.https_policy
    )


def _suppressed(options: SuppressionOptions | None) -> tuple[str, ...] | None:
    if options is None:
        return None
    absent.check_scope(options.suppression_scope)
    absent.check_validation(options.validation_options)
    if options.suppressed_reasons is None:
        raise BadRequest("SuppressedReasons must be specified.")
    return options.suppressed_reasons


def _answer(found: ConfigurationSet) -> GetConfigurationSetResponse:
    fresh_start = found.last_fresh_start
    delivery = DeliveryOptions(
        tls_policy=cast("TlsPolicy | None", found.tls_policy),
        sending_pool_name=found.sending_pool,
        max_delivery_seconds=found.max_delivery_seconds,
    )
    reasons = cast("tuple[SuppressedReason, ...] | None", found.suppressed_reasons)
    return GetConfigurationSetResponse(
        configuration_set_name=found.name,
        tracking_options=_tracking_options(found.tracking),
        delivery_options=None if delivery == DeliveryOptions() else delivery,
        reputation_options=ReputationOptions(
            reputation_metrics_enabled=found.reputation_metrics,
            last_fresh_start=None if fresh_start is None else epoch_seconds(fresh_start),
        ),
        sending_options=SendingOptions(sending_enabled=found.sending_enabled),
        suppression_options=None
        if reasons is None
        else SuppressionOptions(suppressed_reasons=reasons),
        tags=tag_shapes(found.tags),
    )


def _tracking_options(tracking: Tracking | None) -> TrackingOptions | None:
    if tracking is None:
        return None
    return TrackingOptions(
        custom_redirect_domain=tracking.custom_redirect_domain,
        https_policy=cast("HttpsPolicy | None", tracking.https_policy),
    )
