"""Every action of the SES v1 Query API that is served, by family."""

from dataclasses import replace
from functools import wraps
from typing import Any

from pillarbox.base.errors import ApiError
from pillarbox.proto.aws.rest_json import Answer
from pillarbox.wire.http.operation import Call, Handler
from pillarbox.wire.ses.account import Account
from pillarbox.wire.ses.action import AnyAction
from pillarbox.wire.ses.bounces import Bounces
from pillarbox.wire.ses.configuration_sets import ConfigurationSets
from pillarbox.wire.ses.event_destinations import EventDestinations
from pillarbox.wire.ses.identities import Identities
from pillarbox.wire.ses.identity_attributes import IdentityAttributes
from pillarbox.wire.ses.identity_settings import IdentitySettings
from pillarbox.wire.ses.sending import Sending
from pillarbox.wire.ses.set_options import SetOptions
from pillarbox.wire.ses.templated_sending import TemplatedSending
from pillarbox.wire.ses.templates import Templates
from pillarbox.wire.ses.tracking_options import SetTracking
from pillarbox.wire.ses.verification_templates import VerificationTemplates
from pillarbox.wire.sesv2.services import Services


def actions(services: Services) -> tuple[AnyAction, ...]:
    """Give the actions of SES v1."""
    families = (
        Sending(services),
        TemplatedSending(services),
        Templates(services),
        Bounces(services),
        ConfigurationSets(services),
        SetOptions(services),
        SetTracking(services),
        EventDestinations(services),
        Account(services),
        Identities(services),
        IdentityAttributes(services),
        IdentitySettings(services),
        VerificationTemplates(services),
    )
    return tuple(_telling(one) for family in families for one in family.actions())


def _telling(action: AnyAction) -> AnyAction:
    """Make errors tell which configuration set and event destination the request was about."""

    async def handle(call: Call[Any]) -> Answer | None:
        try:
            answer: Answer | None = await action.handler(call)
        except ApiError as error:
            error.members |= _subjects(call.request)
            raise
        return answer

    handler: Handler[Any] = wraps(action.handler)(handle)
    return replace(action, handler=handler)


def _subjects(request: Any) -> dict[str, str]:
    configuration_set = getattr(request, "configuration_set", None)
    destination = getattr(request, "event_destination", None)
    named = {
        "ConfigurationSetName": getattr(request, "configuration_set_name", None)
        or getattr(configuration_set, "name", None),
        "EventDestinationName": getattr(request, "event_destination_name", None)
        or getattr(destination, "name", None),
    }
    return {name: value for name, value in named.items() if value}
