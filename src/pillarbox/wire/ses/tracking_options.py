"""The tracking option actions: requests become calls of `manage/sets/tracking_options.py`."""

from dataclasses import dataclass

from pillarbox.manage.sets.configuration_sets import Tracking
from pillarbox.manage.sets.tracking_options import (
    create_tracking_options,
    delete_tracking_options,
    update_tracking_options,
)
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.configuration_set_shapes import (
    NamedSetRequest,
    TrackingOptions,
    TrackingOptionsRequest,
)
from pillarbox.wire.sesv2.services import Services


@dataclass(frozen=True, slots=True)
class SetTracking:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(
                name="CreateConfigurationSetTrackingOptions",
                request=TrackingOptionsRequest,
                handler=self.create,
            ),
            Action(
                name="UpdateConfigurationSetTrackingOptions",
                request=TrackingOptionsRequest,
                handler=self.update,
            ),
            Action(
                name="DeleteConfigurationSetTrackingOptions",
                request=NamedSetRequest,
                handler=self.delete,
            ),
        )

    async def create(self, call: Call[TrackingOptionsRequest]) -> None:
        """CreateConfigurationSetTrackingOptions."""
        services, account_id, request = self.services, call.caller.account_id, call.request
        await services.store.write(
            lambda conn: create_tracking_options(
                conn,
                account_id,
                request.configuration_set_name,
                _tracking(request.tracking_options),
                everything_verified=services.everything_verified,
            )
        )

    async def update(self, call: Call[TrackingOptionsRequest]) -> None:
        """UpdateConfigurationSetTrackingOptions."""
        services, account_id, request = self.services, call.caller.account_id, call.request
        await services.store.write(
            lambda conn: update_tracking_options(
                conn,
                account_id,
                request.configuration_set_name,
                _tracking(request.tracking_options),
                everything_verified=services.everything_verified,
            )
        )

    async def delete(self, call: Call[NamedSetRequest]) -> None:
        """DeleteConfigurationSetTrackingOptions."""
        account_id, name = call.caller.account_id, call.request.configuration_set_name
        await self.services.store.write(
            lambda conn: delete_tracking_options(conn, account_id, name)
        )


def _tracking(options: TrackingOptions) -> Tracking:
    return Tracking(custom_redirect_domain=options.custom_redirect_domain)
