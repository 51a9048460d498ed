"""The event destination operations: requests become calls of
`manage/sets/event_destinations.py`.
"""

from dataclasses import dataclass

from pillarbox.manage.sets.event_destinations import (
    create_event_destination,
    delete_event_destination,
    get_event_destinations,
    update_event_destination,
)
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.dialect import Dialect
from pillarbox.wire.sesv2.event_destination_shapes import (
    CreateConfigurationSetEventDestinationRequest,
    DeleteConfigurationSetEventDestinationRequest,
    GetConfigurationSetEventDestinationsRequest,
    GetConfigurationSetEventDestinationsResponse,
    UpdateConfigurationSetEventDestinationRequest,
)
from pillarbox.wire.sesv2.event_destination_targets import shown, targets_of
from pillarbox.wire.sesv2.services import Services

ALL = "/v2/email/configuration-sets/{ConfigurationSetName}/event-destinations"
ONE = ALL + "/{EventDestinationName}"
RESOURCE = "configuration-set/{ConfigurationSetName}"


@dataclass(frozen=True, slots=True)
class EventDestinations:
    """The handlers, in one API's dialect."""

    services: Services
    dialect: Dialect

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            Operation(
                name="CreateConfigurationSetEventDestination",
                method="POST",
                path=ALL,
                request=CreateConfigurationSetEventDestinationRequest,
                handler=self.create,
                resource=RESOURCE,
            ),
            Operation(
                name="GetConfigurationSetEventDestinations",
                method="GET",
                path=ALL,
                request=GetConfigurationSetEventDestinationsRequest,
                handler=self.get,
                resource=RESOURCE,
            ),
            Operation(
                name="UpdateConfigurationSetEventDestination",
                method="PUT",
                path=ONE,
                request=UpdateConfigurationSetEventDestinationRequest,
                handler=self.update,
                resource=RESOURCE,
            ),
            Operation(
                name="DeleteConfigurationSetEventDestination",
                method="DELETE",
                path=ONE,
                request=DeleteConfigurationSetEventDestinationRequest,
                handler=self.delete,
                resource=RESOURCE,
            ),
        )

    async def create(self, call: Call[CreateConfigurationSetEventDestinationRequest]) -> None:
        """CreateConfigurationSetEventDestination: without Enabled it is off, as at the real one."""
        request, account_id = call.request, call.caller.account_id
        definition = request.event_destination
        await self.services.store.write(
            lambda conn: create_event_destination(
                conn,
                account_id,
                request.configuration_set_name,
                request.event_destination_name,
                enabled=bool(definition.enabled),
                event_types=definition.matching_event_types or (),
                targets=targets_of(definition),
                now=self.services.now(),
                most=self.services.quotas.event_destinations,
                dotted_values=self.dialect.dotted_values,
            )
        )

    async def get(
        self, call: Call[GetConfigurationSetEventDestinationsRequest]
    ) -> GetConfigurationSetEventDestinationsResponse:
        """GetConfigurationSetEventDestinations: by name."""
        account_id, name = call.caller.account_id, call.request.configuration_set_name
        found = await self.services.store.read(
            lambda conn: get_event_destinations(conn, account_id, name)
        )
        return GetConfigurationSetEventDestinationsResponse(
            event_destinations=tuple(shown(one, self.dialect.event_types) for one in found)
        )

    async def update(self, call: Call[UpdateConfigurationSetEventDestinationRequest]) -> None:
        """UpdateConfigurationSetEventDestination: the definition is replaced as a whole."""
        request, account_id = call.request, call.caller.account_id
        definition = request.event_destination
        await self.services.store.write(
            lambda conn: update_event_destination(
                conn,
                account_id,
                request.configuration_set_name,
                request.event_destination_name,
                enabled=bool(definition.enabled),
                event_types=definition.matching_event_types or (),
                targets=targets_of(definition),
                dotted_values=self.dialect.dotted_values,
            )
        )

    async def delete(self, call: Call[DeleteConfigurationSetEventDestinationRequest]) -> None:
        """DeleteConfigurationSetEventDestination."""
        request, account_id = call.request, call.caller.account_id
        await self.services.store.write(
            lambda conn: delete_event_destination(
                conn,
                account_id,
                request.configuration_set_name,
                request.event_destination_name,
            )
        )
