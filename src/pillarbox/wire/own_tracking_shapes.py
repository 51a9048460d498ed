"""Requests and answers of `/_pillarbox/tracking/…` (docs/tracking-api.md)."""

from typing import Literal

from msgspec import Struct

from pillarbox.manage.tracking.domains import TrackingDomain
from pillarbox.manage.tracking.settings import TrackingSettings
from pillarbox.model.tracking import TrackingPlan
from pillarbox.model.tracking_setup import Dimension, TrackingSetting
from pillarbox.proto.aws.rest_json import epoch_seconds

GUIDE = "docs/acceleration.md"


class NothingAsked(Struct, frozen=True, kw_only=True):
    """A call without parameters."""


class PrimaryDomainsAnswer(Struct, frozen=True, kw_only=True):
    """What trace domains can lie below."""

    primary_domains: list[str]


class CreateDomainRequest(Struct, frozen=True, kw_only=True):
    """The trace domain to create: PREFIX.PRIMARY_DOMAIN."""

    primary_domain: str
    prefix: str


class DomainRequest(Struct, frozen=True, kw_only=True):
    """Which domain."""

    domain: str


class DomainAnswer(Struct, frozen=True, kw_only=True):
    """A tracking host. Times are seconds since the epoch."""

    domain: str
    kind: str
    prefix: str | None
    primary_domain: str | None
    status: str
    reason: str | None
    https_status: str
    https_reason: str | None
    created_at: float
    checked_at: float | None
    last_success_at: float | None
    hint: str | None
    cname: str
    guide: str = GUIDE


class DomainsAnswer(Struct, frozen=True, kw_only=True):
    """All tracking hosts of the account."""

    domains: list[DomainAnswer]


class SettingsRequest(Struct, frozen=True, kw_only=True):
    """What is to hold for the account. `tracking_domain` None: the service's own."""

    dimension: Dimension
    tracking_domain: str | None = None
    opens: bool = False
    clicks: bool = False
    anonymous: bool = False
    outlook_comments: bool = True
    trap: bool = False


class DomainSettingsRequest(Struct, frozen=True, kw_only=True):
    """What is to hold for one sender domain; not enabled: it is never tracked."""

    domain: str
    enabled: bool = True
    tracking_domain: str | None = None
    opens: bool = False
    clicks: bool = False
    anonymous: bool = False
    outlook_comments: bool = True
    trap: bool = False


class DomainSettings(Struct, frozen=True, kw_only=True):
    """What holds for one sender domain."""

    domain: str
    enabled: bool
    tracking_domain: str | None
    opens: bool
    clicks: bool
    anonymous: bool
    outlook_comments: bool
    trap: bool


class SettingsAnswer(Struct, frozen=True, kw_only=True):
    """The tracking statistics settings of the account."""

    status: Literal["ENABLED", "NOT_ENABLED"]
    dimension: str | None
    tracking_domain: str | None
    opens: bool
    clicks: bool
    anonymous: bool
    outlook_comments: bool
    trap: bool
    domains: list[DomainSettings]
    own_url: str | None


class MessageRequest(Struct, frozen=True, kw_only=True):
    """Which message."""

    message_id: str


class ExplanationAnswer(Struct, frozen=True, kw_only=True):
    """What was decided about a message."""

    message_id: str
    opens: bool
    clicks: bool
    pixel: str | None
    http_links: str | None
    https_links: str | None
    anonymous: bool
    outlook_comments: bool
    trap: bool
    reasons: tuple[str, ...]


def domain_answer(found: TrackingDomain, cname: str) -> DomainAnswer:
    """Show a tracking host; `cname`: where its CNAME record is to point."""
    return DomainAnswer(
        domain=found.domain,
        kind=found.kind,
        prefix=found.prefix,
        primary_domain=found.primary_domain,
        status=found.status,
        reason=found.reason,
        https_status=found.https_status,
        https_reason=found.https_reason,
        created_at=epoch_seconds(found.created_at),
        checked_at=_seconds(found.checked_at),
        last_success_at=_seconds(found.last_success_at),
        hint=found.hint,
        cname=cname,
    )


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else epoch_seconds(ms)


def asked_setting(request: SettingsRequest | DomainSettingsRequest) -> TrackingSetting:
    """Read what is to hold."""
    return TrackingSetting(
        enabled=True if isinstance(request, SettingsRequest) else request.enabled,
        host=request.tracking_domain,
        opens=request.opens,
        clicks=request.clicks,
        anonymous=request.anonymous,
        mso_comments=request.outlook_comments,
        trap=request.trap,
        dimension=request.dimension if isinstance(request, SettingsRequest) else None,
    )


def settings_answer(found: TrackingSettings, own_url: str | None) -> SettingsAnswer:
    """Show the settings of an account."""
    account = found.account
    return SettingsAnswer(
        status="ENABLED" if account.enabled else "NOT_ENABLED",
        dimension=account.dimension,
        tracking_domain=account.host,
        opens=account.opens,
        clicks=account.clicks,
        anonymous=account.anonymous,
        outlook_comments=account.mso_comments,
        trap=account.trap,
        domains=[
            DomainSettings(
                domain=domain,
                enabled=one.enabled,
                tracking_domain=one.host,
                opens=one.opens,
                clicks=one.clicks,
                anonymous=one.anonymous,
                outlook_comments=one.mso_comments,
                trap=one.trap,
            )
            for domain, one in found.domains.items()
        ],
        own_url=own_url,
    )


def explanation_answer(message_id: str, plan: TrackingPlan) -> ExplanationAnswer:
    """Show what was decided about a message."""
    return ExplanationAnswer(
        message_id=message_id,
        opens=plan.pixel is not None,
        clicks=bool(plan.http_links or plan.https_links),
        pixel=plan.pixel,
        http_links=plan.http_links,
        https_links=plan.https_links,
        anonymous=plan.anonymous,
        outlook_comments=plan.mso_comments,
        trap=plan.trap,
        reasons=plan.reasons,
    )
