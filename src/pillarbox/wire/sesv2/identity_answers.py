"""The parts of answers about identities, and what requests say of signing, translated."""

from typing import cast

from pillarbox.manage.identities.dkim_signing import Signing
from pillarbox.manage.identities.identities import Identity
from pillarbox.proto.aws.rest_json import epoch_seconds
from pillarbox.wire.sesv2.identity_shapes import (
    DkimAttributes,
    DkimSigningAttributes,
    ErrorType,
    KeyLength,
    MailFromAttributes,
    MailFromBehavior,
    MailFromStatus,
    SigningOrigin,
    SOARecord,
    VerificationInfo,
    VerificationStatus,
)

_BITS = {"RSA_1024_BIT": 1024, "RSA_2048_BIT": 2048}


def signing_of(given: DkimSigningAttributes, origin: str | None = None) -> Signing:
    """Translate what a request says of signing; `origin`: where it says so beside."""
    length = given.next_signing_key_length
    return Signing(
        origin=origin or given.domain_signing_attributes_origin,
        selector=given.domain_signing_selector,
        private_key=given.domain_signing_private_key,
        bits=None if length is None else _BITS[length],
    )


def dkim_attributes(identity: Identity, zone: str) -> DkimAttributes:
    """Give the DKIM state: an address has none of its own, its domain signs."""
    if identity.kind != "DOMAIN":
        return DkimAttributes(
            signing_enabled=False, status="NOT_STARTED", signing_attributes_origin="AWS_SES"
        )
    ours = identity.signing_origin == "AWS_SES"
    return DkimAttributes(
        signing_enabled=identity.signing_enabled,
        status=cast("VerificationStatus", identity.dkim_status),
        tokens=identity.tokens,
        signing_hosted_zone=zone if ours else None,
        signing_attributes_origin=cast("SigningOrigin", identity.signing_origin),
        next_signing_key_length=_key_length(identity.next_key_bits) if ours else None,
        current_signing_key_length=_key_length(identity.signing_key_bits) if ours else None,
        last_key_generation_timestamp=epoch_seconds(identity.keys_made_at) if ours else None,
    )


def mail_from_attributes(identity: Identity, *, always: bool) -> MailFromAttributes | None:
    """Give the MAIL FROM state; where none is set, only if `always`."""
    if identity.mail_from_domain is None and not always:
        return None
    return MailFromAttributes(
        mail_from_domain=identity.mail_from_domain,
        mail_from_domain_status=cast("MailFromStatus | None", identity.mail_from_status),
        behavior_on_mx_failure=cast("MailFromBehavior", identity.mail_from_behavior),
    )


def verification_info(identity: Identity) -> VerificationInfo | None:
    """Tell when an identity was last looked up and what was amiss; None before the first time."""
    if identity.checked_at is None:
        return None
    success = identity.last_success_at
    return VerificationInfo(
        last_checked_timestamp=epoch_seconds(identity.checked_at),
        last_success_timestamp=None if success is None else epoch_seconds(success),
        error_type=cast("ErrorType | None", identity.check_error),
        soa_record=_soa(identity.soa),
    )


def _soa(soa: str | None) -> SOARecord | None:
    if soa is None:
        return None
    primary, administrator, serial = soa.split(" ")
    return SOARecord(
        primary_name_server=primary, admin_email=administrator, serial_number=int(serial)
    )


def _key_length(bits: int) -> KeyLength:
    return "RSA_1024_BIT" if bits == 1024 else "RSA_2048_BIT"
