"""What the settings come to: what is accepted, by whom, how much of it. Values only.

Takes settings; hands on the values and makers that the stages are started with.
"""

import secrets
from functools import partial

from pillarbox.accept.commit import Acceptance
from pillarbox.accept.decision import Policy
from pillarbox.accept.identity_match import Verified
from pillarbox.accept.prepare import Stamp
from pillarbox.accept.tracking_host import own_host
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.identity.dkim_keys import DkimKeys
from pillarbox.identity.names import ServiceNames
from pillarbox.manage.identities.verification_mail import VerificationMails
from pillarbox.manage.quotas import Quotas
from pillarbox.model.sender import SenderIdentity
from pillarbox.model.simulator import Simulator
from pillarbox.model.verification import VERIFIED_STATES
from pillarbox.render.rendering import ServiceSigning
from pillarbox.wire.http.limits import Limits

_JSON_AROUND = 1024 * 1024
VERIFY_KEY = "verification links"


def limits_of(settings: Settings, workers: int) -> Limits:
    """Give the limits of requests: a raw message comes as base64, with some JSON around it.

    Each worker has its share of the rate of calls.
    """
    return Limits(
        body=settings.limits.message_bytes * 4 // 3 + _JSON_AROUND,
        budget=settings.limits.body_memory_bytes,
        calls_per_second=settings.limits.api_calls_per_second / workers,
    )


def quotas_of(settings: Settings) -> Quotas:
    """Give what an account may have."""
    return Quotas(
        identities=settings.limits.identities,
        configuration_sets=settings.limits.configuration_sets,
        event_destinations=settings.limits.event_destinations,
        contact_lists=settings.limits.contact_lists,
    )


def new_acceptance(settings: Settings, worker: str) -> Acceptance:
    """Make what decides on messages and stores them."""
    policy = Policy(
        region=settings.service.region,
        return_path_domain=ServiceNames(settings.service.domain).bounce_domain,
        max_message_bytes=settings.limits.message_bytes,
        verified=verified_by(settings),
        presumed=settings.presume_verified,
        tracking=own_host(settings),
        simulator=Simulator.of(settings.service.domain),
    )
    return Acceptance(policy, worker)


def verified_by(settings: Settings) -> Verified:
    """Make what tells whether an identity counts as verified."""

    def counts_as_verified(identity: SenderIdentity) -> bool:
        return settings.presume_verified or identity.status in VERIFIED_STATES

    return counts_as_verified


def new_verification_mails(
    settings: Settings, sealer: Sealer, signing: tuple[str, str]
) -> VerificationMails:
    """Make what asks addresses whether they want to be verified."""
    return VerificationMails(
        service=settings.service.domain,
        region=settings.service.region,
        base=settings.track_url,
        key=sealer.derive(VERIFY_KEY),
        stamp=lambda now: new_stamp(settings, now),
        signing=signing,
    )


def second_signature(settings: Settings, keys: DkimKeys) -> ServiceSigning | None:
    """Say with what the service signs customers' mail too; None where it does not."""
    if not settings.deliver.sign_with_service_domain:
        return None
    return partial(keys.service_signing, settings.service.domain)


def new_stamp(settings: Settings, now: int) -> Stamp:
    """Make what makes one message this message."""
    domain = ServiceNames(settings.service.domain).message_id_domain
    return Stamp.make(now, settings.service.region, domain, secrets.token_hex(12))
