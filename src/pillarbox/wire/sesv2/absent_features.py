"""What SES v2 offers and this service does not have: switching it on is refused, plainly.

Taking it as given would tell a caller that mail is archived, signed or watched when it is not. What
says that it is off is taken, since so it is. Raises BadRequest.
"""

from pillarbox.base.errors import BadRequest
from pillarbox.wire.sesv2.account_shapes import VdmAttributes
from pillarbox.wire.sesv2.configuration_set_shapes import (
    ArchivingOptions,
    MessageSecurityOptions,
    VdmOptions,
)
from pillarbox.wire.sesv2.suppression_shapes import ValidationSettings

NO_VDM = "The virtual deliverability manager is not supported: it can't be ENABLED."
NO_ARCHIVES = "Archiving is not supported: there is no Mail Manager archive <{}>."
NO_SMIME = "S/MIME signing is not supported: SigningScheme can be DefaultScheme only."
NO_VALIDATION = "Validation of addresses is not supported: it can't be ENABLED."
NO_TENANTS = "Tenants are not supported: {} can't be given."


def check_vdm_options(options: VdmOptions | None) -> None:
    """Check the VDM options of a set."""
    dashboard = options and options.dashboard_options
    guardian = options and options.guardian_options
    if (dashboard and dashboard.engagement_metrics == "ENABLED") or (
        guardian and guardian.optimized_shared_delivery == "ENABLED"
    ):
        raise BadRequest(NO_VDM)


def check_vdm_attributes(attributes: VdmAttributes) -> None:
    """Check the VDM attributes of an account."""
    dashboard, guardian = attributes.dashboard_attributes, attributes.guardian_attributes
    if (
        attributes.vdm_enabled == "ENABLED"
        or (dashboard and dashboard.engagement_metrics == "ENABLED")
        or (guardian and guardian.optimized_shared_delivery == "ENABLED")
    ):
        raise BadRequest(NO_VDM)


def check_archiving(options: ArchivingOptions | None) -> None:
    """Check the archiving options of a set."""
    if options and options.archive_arn is not None:
        raise BadRequest(NO_ARCHIVES.format(options.archive_arn))


def check_message_security(options: MessageSecurityOptions | None) -> None:
    """Check the security options of a set's messages."""
    scheme = options and options.signing_scheme
    if scheme and scheme.smime_scheme is not None:
        raise BadRequest(NO_SMIME)


def check_validation(settings: ValidationSettings | None) -> None:
    """Check whether addresses are to be validated before sending."""
    if settings and settings.condition_threshold.condition_threshold_enabled == "ENABLED":
        raise BadRequest(NO_VALIDATION)


def check_tenant(name: str | None) -> None:
    """Check that no tenant's list is meant."""
    if name is not None:
        raise BadRequest(NO_TENANTS.format("TenantName"))


def check_scope(scope: str | None) -> None:
    """Check that the suppression list is the account's."""
    if scope == "TENANT":
        raise BadRequest(NO_TENANTS.format("SuppressionScope TENANT"))
