"""Every operation of the SES v2 API that is served: its place, its shape, its handler.

The list calls are served as today's POST and as the GET that older SDKs send (facts §1.3).
"""

from typing import Any

from pillarbox.wire.http.operation import Operation
from pillarbox.wire.sesv2.account import Account
from pillarbox.wire.sesv2.configuration_set_shapes import (
    CreateConfigurationSetRequest,
    DeleteConfigurationSetRequest,
    GetConfigurationSetRequest,
    ListConfigurationSetsRequest,
)
from pillarbox.wire.sesv2.configuration_sets import ConfigurationSets
from pillarbox.wire.sesv2.dialect import V2, Dialect
from pillarbox.wire.sesv2.identities import Identities
from pillarbox.wire.sesv2.identity_shapes import (
    CreateEmailIdentityRequest,
    DeleteEmailIdentityRequest,
    GetEmailIdentityRequest,
    ListEmailIdentitiesRequest,
)
from pillarbox.wire.sesv2.sending import Sending
from pillarbox.wire.sesv2.sending_shapes import SendEmailRequest
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import Empty

AnyOperation = Operation[Any]

IDENTITIES = "/v2/email/identities"
IDENTITY = "/v2/email/identities/{EmailIdentity}"
SETS = "/v2/email/configuration-sets"
SET = "/v2/email/configuration-sets/{ConfigurationSetName}"
PAGE = ("PageSize", "NextToken")


def operations(services: Services) -> tuple[AnyOperation, ...]:
    """Give the operations of SES v2."""
    return (*shared_operations(services, V2), *_new_list_operations(services))


def shared_operations(services: Services, dialect: Dialect) -> tuple[AnyOperation, ...]:
    """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
    return (
        *_identity_operations(Identities(services, dialect)),
        *_set_operations(ConfigurationSets(services, dialect)),
        Operation(
            name="GetAccount",
            method="GET",
            path="/v2/email/account",
            request=Empty,
            handler=Account(services).get,
        ),
        Operation(
            name="SendEmail",
            method="POST",
            path="/v2/email/outbound-emails",
            request=SendEmailRequest,
            handler=Sending(services).send_email,
        ),
    )


def _identity_operations(identities: Identities) -> tuple[AnyOperation, ...]:
    one = "identity/{EmailIdentity}"
    return (
        Operation(
            name="CreateEmailIdentity",
            method="POST",
            path=IDENTITIES,
            request=CreateEmailIdentityRequest,
            handler=identities.create,
        ),
        Operation(
            name="GetEmailIdentity",
            method="GET",
            path=IDENTITY,
            request=GetEmailIdentityRequest,
            handler=identities.get,
            resource=one,
        ),
        Operation(
            name="DeleteEmailIdentity",
            method="DELETE",
            path=IDENTITY,
            request=DeleteEmailIdentityRequest,
            handler=identities.delete,
            resource=one,
        ),
        Operation(
            name="ListEmailIdentities",
            method="GET",
            path=IDENTITIES,
            request=ListEmailIdentitiesRequest,
            handler=identities.list,
            query=PAGE,
        ),
    )


def _set_operations(sets: ConfigurationSets) -> tuple[AnyOperation, ...]:
    one = "configuration-set/{ConfigurationSetName}"
    return (
        Operation(
            name="CreateConfigurationSet",
            method="POST",
            path=SETS,
            request=CreateConfigurationSetRequest,
            handler=sets.create,
        ),
        Operation(
            name="GetConfigurationSet",
            method="GET",
            path=SET,
            request=GetConfigurationSetRequest,
            handler=sets.get,
            resource=one,
        ),
        Operation(
            name="DeleteConfigurationSet",
            method="DELETE",
            path=SET,
            request=DeleteConfigurationSetRequest,
            handler=sets.delete,
            resource=one,
        ),
        Operation(
            name="ListConfigurationSets",
            method="GET",
            path=SETS,
            request=ListConfigurationSetsRequest,
            handler=sets.list,
            query=PAGE,
        ),
    )


def _new_list_operations(services: Services) -> tuple[AnyOperation, ...]:
    return (
        Operation(
            name="ListEmailIdentities",
            method="POST",
            path="/v2/email/list-identities",
            request=ListEmailIdentitiesRequest,
            handler=Identities(services, V2).list,
        ),
        Operation(
            name="ListConfigurationSets",
            method="POST",
            path="/v2/email/list-configuration-sets",
            request=ListConfigurationSetsRequest,
            handler=ConfigurationSets(services, V2).list,
        ),
    )
