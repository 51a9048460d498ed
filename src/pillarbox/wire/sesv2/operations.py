"""Every operation of the SES v2 API that is served, by family.

Each family's class says which operations it has, their places and shapes. The list calls are served
as today's POST and as the GET that older SDKs send (facts §1.3).
"""

from pillarbox.wire.http.operation import AnyOperation
from pillarbox.wire.sesv2.account import Account
from pillarbox.wire.sesv2.bulk_sending import BulkSending
from pillarbox.wire.sesv2.configuration_sets import ConfigurationSets
from pillarbox.wire.sesv2.contact_lists import ContactLists
from pillarbox.wire.sesv2.contacts import Contacts
from pillarbox.wire.sesv2.dashboard import Dashboard
from pillarbox.wire.sesv2.dedicated_ips import DedicatedIps
from pillarbox.wire.sesv2.dedicated_pools import DedicatedPools
from pillarbox.wire.sesv2.dialect import V2, Dialect
from pillarbox.wire.sesv2.event_destinations import EventDestinations
from pillarbox.wire.sesv2.identities import Identities
from pillarbox.wire.sesv2.identity_settings import IdentitySettings
from pillarbox.wire.sesv2.resource_tags import ResourceTags
from pillarbox.wire.sesv2.sending import Sending
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.set_options import SetOptions
from pillarbox.wire.sesv2.suppression import Suppression
from pillarbox.wire.sesv2.templates import Templates
from pillarbox.wire.sesv2.verification_templates import VerificationTemplates


def operations(services: Services) -> tuple[AnyOperation, ...]:
    """Give the operations of SES v2."""
    return (
        *shared_operations(services, V2),
        Identities(services, V2).post_list(),
        *IdentitySettings(services).only_v2(),
        ConfigurationSets(services, V2).post_list(),
        *SetOptions(services, V2).only_v2(),
        *Account(services).only_v2(),
        *Suppression(services).only_v2(),
        *ContactLists(services).only_v2(),
        *Contacts(services).only_v2(),
        *VerificationTemplates(services).only_v2(),
        *Templates(services).only_v2(),
        *BulkSending(services).only_v2(),
        *DedicatedPools(services).v2_operations(),
    )


def shared_operations(services: Services, dialect: Dialect) -> tuple[AnyOperation, ...]:
    """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
    families = (
        Identities(services, dialect),
        IdentitySettings(services),
        ConfigurationSets(services, dialect),
        SetOptions(services, dialect),
        EventDestinations(services, dialect),
        Account(services),
        DedicatedPools(services),
        DedicatedIps(services),
        ResourceTags(services),
        Dashboard(services),
        Sending(services),
    )
    return tuple(one for family in families for one in family.operations())
