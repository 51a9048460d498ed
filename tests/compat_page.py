"""The page docs/compat.md, made from botocore's models and from the operations that are served."""

from typing import Any

import botocore.loaders

from pillarbox.wire.pinpoint.operations import operations as pinpoint_operations
from pillarbox.wire.ses.operations import actions as ses_actions
from pillarbox.wire.sesv2.operations import operations as sesv2_operations

MODELS = (
    ("pinpoint-email", "2018-07-26", "Amazon Pinpoint Email v1"),
    ("sesv2", "2019-09-27", "SES v2"),
    ("ses", "2010-12-01", "SES v1 (Query)"),
)
#: What a supported operation still lacks.
PARTIAL = {
    **dict.fromkeys(("SendEmail", "SendBulkEmail"), "tenants and endpoints are refused"),
    "CreateConfigurationSet": "VDM, archiving and S/MIME are refused",
    "PutConfigurationSetSuppressionOptions": "tenants and validation of addresses are refused",
    "PutConfigurationSetArchivingOptions": "there are no archives: naming one is refused",
    "PutConfigurationSetVdmOptions": "there is no virtual deliverability manager: ENABLED is "
    "refused, DISABLED is taken",
    **dict.fromkeys(
        (
            "PutSuppressedDestination",
            "GetSuppressedDestination",
            "DeleteSuppressedDestination",
            "ListSuppressedDestinations",
        ),
        "the account's list, which bounces and complaints fill (inbound.md); tenants are refused",
    ),
    "PutAccountSuppressionAttributes": "validation of addresses is refused",
    "PutAccountVdmAttributes": "there is no virtual deliverability manager: ENABLED is refused, "
    "DISABLED is taken",
    "UpdateConfigurationSet": "S/MIME is refused; the default signing scheme is taken",
    **dict.fromkeys(
        (
            "CreateDeliverabilityTestReport",
            "GetBlacklistReports",
            "GetDeliverabilityDashboardOptions",
            "GetDeliverabilityTestReport",
            "GetDomainDeliverabilityCampaign",
            "GetDomainStatisticsReport",
            "ListDeliverabilityTestReports",
            "ListDomainDeliverabilityCampaigns",
            "PutDeliverabilityDashboardOption",
        ),
        "answers as for an account that has not enabled the deliverability dashboard, which can't "
        "be enabled here: it needs measurements in other providers' mailboxes. Lists are empty, "
        "what is asked for is not there, and what needs the dashboard is refused",
    ),
    "CreateDedicatedIpPool": "ScalingMode MANAGED is refused: addresses are added by hand",
    "PutDedicatedIpPoolScalingAttributes": "MANAGED is refused, STANDARD is what every pool has",
    "CreateEmailIdentity": "keys of another region (DomainSigningAttributesOrigin) are refused",
    "PutEmailIdentityDkimSigningAttributes": "keys of another region are refused",
}
#: The same of SES v1.
PARTIAL_IN_QUERY: dict[str, str] = {
    "SendBounce": "bounces mail that the account itself has sent: no mail is received for it here",
}
_HEAD = (
    "# What is supported\n"
    "Every operation of the three APIs that Pillarbox is to speak: supported, partial (what is "
    "missing) or absent. An absent operation answers as an unknown one. A test fails when an "
    "operation of botocore's models is missing from this page, or when the page says otherwise "
    "than "
    "the program. Which source wins where they contradict each other is in "
    "[compat-rules.md](compat-rules.md), errors are in [errors.md](errors.md), what happens to a "
    "message in [mime.md](mime.md). Written by `scripts/compat-page`.\n"
)


def page() -> str:
    """Give the whole page."""
    services: Any = _Anything()
    served = {
        "pinpoint-email": {one.name for one in pinpoint_operations(services)},
        "sesv2": {one.name for one in sesv2_operations(services)},
        "ses": {one.name for one in ses_actions(services)},
    }
    parts = [_HEAD]
    for service, version, title in MODELS:
        names = operation_names(service, version)
        have = sum(name in served[service] for name in names)
        parts.append(f"\n## {title}\n{have} of {len(names)} operations.\n")
        parts.append("\n| operation | |\n|-|-|\n")
        partial = PARTIAL_IN_QUERY if service == "ses" else PARTIAL
        parts += [f"| {name} | {_state(name, served[service], partial)} |\n" for name in names]
    return "".join(parts)


def operation_names(service: str, version: str) -> list[str]:
    """Name the operations of a service as botocore models it."""
    model = botocore.loaders.Loader().load_service_model(service, "service-2", version)
    return sorted(model["operations"])


def _state(name: str, served: set[str], partial: dict[str, str]) -> str:
    if name not in served:
        return "absent"
    return f"partial: {partial[name]}" if name in partial else "supported"


class _Anything:
    """Stands for services that are never called: only the operations' names are wanted."""

    def __getattr__(self, _name: str) -> "_Anything":
        return self

    def __call__(self, *_args: object, **_kwargs: object) -> "_Anything":
        return self
