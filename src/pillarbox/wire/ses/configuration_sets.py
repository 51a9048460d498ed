"""The configuration set actions: requests become calls of `manage`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest
from pillarbox.manage.paging import BadToken, Paging
from pillarbox.manage.sets.configuration_sets import (
    MAX_PAGE,
    ConfigurationSet,
    create_configuration_set,
    delete_configuration_set,
    get_configuration_set,
    list_configuration_sets,
)
from pillarbox.manage.sets.event_destinations import get_event_destinations
from pillarbox.model.event_destination import EventDestination
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses import configuration_set_shapes as shapes
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.event_destinations import shown
from pillarbox.wire.ses.words import pascal
from pillarbox.wire.sesv2.services import Services


@dataclass(frozen=True, slots=True)
class ConfigurationSets:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(
                name="CreateConfigurationSet",
                request=shapes.CreateConfigurationSetRequest,
                handler=self.create,
            ),
            Action(
                name="DeleteConfigurationSet",
                request=shapes.NamedSetRequest,
                handler=self.delete,
            ),
            Action(
                name="DescribeConfigurationSet",
                request=shapes.DescribeConfigurationSetRequest,
                handler=self.describe,
            ),
            Action(
                name="ListConfigurationSets",
                request=shapes.ListConfigurationSetsRequest,
                handler=self.list,
            ),
        )

    async def create(self, call: Call[shapes.CreateConfigurationSetRequest]) -> None:
        """CreateConfigurationSet: reputation metrics are off at first (facts §1.7)."""
        services, account_id = self.services, call.caller.account_id
        new = ConfigurationSet(
            name=call.request.configuration_set.name, sending_enabled=True, reputation_metrics=False
        )
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

    async def delete(self, call: Call[shapes.NamedSetRequest]) -> None:
        """DeleteConfigurationSet."""
        account_id, name = call.caller.account_id, call.request.configuration_set_name
        await self.services.store.write(
            lambda conn: delete_configuration_set(conn, account_id, name)
        )

    async def describe(
        self, call: Call[shapes.DescribeConfigurationSetRequest]
    ) -> shapes.DescribeConfigurationSetResponse:
        """DescribeConfigurationSet: only the parts that are asked for, and that were ever set."""
        account_id, name = call.caller.account_id, call.request.configuration_set_name

        def read(conn: Connection) -> tuple[ConfigurationSet, list[EventDestination]]:
            found = get_configuration_set(conn, account_id, name)
            return found, get_event_destinations(conn, account_id, name)

        found, destinations = await self.services.store.read(read)
        wanted = call.request.configuration_set_attribute_names or ()
        shown_destinations = tuple(map(shown, destinations))
        return shapes.DescribeConfigurationSetResponse(
            configuration_set=shapes.ConfigurationSet(name=name),
            event_destinations=shown_destinations if "eventDestinations" in wanted else None,
            tracking_options=_tracking(found) if "trackingOptions" in wanted else None,
            delivery_options=_delivery(found) if "deliveryOptions" in wanted else None,
            reputation_options=_reputation(found) if "reputationOptions" in wanted else None,
        )

    async def list(
        self, call: Call[shapes.ListConfigurationSetsRequest]
    ) -> shapes.ListConfigurationSetsResponse:
        """ListConfigurationSets: a size out of range is the default one (facts §1.8)."""
        request = call.request
        paging = Paging(self.services.paging_key, call.caller.account_id, "configuration-sets")
        _check_token(paging, request.next_token)
        asked = request.max_items
        size = asked if asked is not None and 1 <= asked <= MAX_PAGE else None
        page = await self.services.store.read(
            lambda conn: list_configuration_sets(
                conn, paging, token=request.next_token, size=size, contains=None
            )
        )
        return shapes.ListConfigurationSetsResponse(
            configuration_sets=tuple(shapes.ConfigurationSet(name=name) for name in page.items),
            next_token=page.next_token,
        )


def _check_token(paging: Paging, token: str | None) -> None:
    """Refuse a foreign token without a word, as the real service does (facts §1.8)."""
    try:
        paging.after(token)
    except BadToken:
        raise BadRequest("") from None


def _tracking(found: ConfigurationSet) -> shapes.TrackingOptions | None:
    if found.tracking is None:
        return None
    return shapes.TrackingOptions(custom_redirect_domain=found.tracking.custom_redirect_domain)


def _delivery(found: ConfigurationSet) -> shapes.DeliveryOptions | None:
    if found.tls_policy is None:
        return None
    return shapes.DeliveryOptions(tls_policy=cast("shapes.TlsPolicy", pascal(found.tls_policy)))


def _reputation(found: ConfigurationSet) -> shapes.ReputationOptions:
    fresh = found.last_fresh_start
    return shapes.ReputationOptions(
        sending_enabled=found.sending_enabled,
        reputation_metrics_enabled=found.reputation_metrics,
        last_fresh_start=None if fresh is None else datetime.fromtimestamp(fresh / 1000, UTC),
    )
