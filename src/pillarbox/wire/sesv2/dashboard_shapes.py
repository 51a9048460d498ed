"""Requests and answers of the deliverability dashboard (facts, Appendix A.2)."""

from typing import Literal

from msgspec import field

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.sending_shapes import EmailContent
from pillarbox.wire.sesv2.shared_shapes import Name, Tag, Timestamp

TestStatus = Literal["IN_PROGRESS", "COMPLETED"]
DashboardStatus = Literal["ACTIVE", "PENDING_EXPIRATION", "DISABLED"]


class InboxPlacementTrackingOption(Shape, frozen=True, kw_only=True):
    """Which providers inbox placement is followed at."""

    everywhere: bool | None = field(default=None, name="Global")
    tracked_isps: tuple[str, ...] | None = None


class DomainDeliverabilityTrackingOption(Shape, frozen=True, kw_only=True):
    """A domain that is followed."""

    domain: str | None = None
    subscription_start_date: Timestamp | None = None
    inbox_placement_tracking_option: InboxPlacementTrackingOption | None = None


class GetDeliverabilityDashboardOptionsResponse(Shape, frozen=True, kw_only=True):
    """Whether the dashboard is enabled, and for which domains."""

    dashboard_enabled: bool
    subscription_expiry_date: Timestamp | None = None
    account_status: DashboardStatus | None = None
    active_subscribed_domains: tuple[DomainDeliverabilityTrackingOption, ...] | None = None
    pending_expiration_subscribed_domains: tuple[DomainDeliverabilityTrackingOption, ...] | None = (
        None
    )


class PutDeliverabilityDashboardOptionRequest(Shape, frozen=True, kw_only=True):
    """Enable the dashboard, or disable it."""

    dashboard_enabled: bool
    subscribed_domains: tuple[DomainDeliverabilityTrackingOption, ...] | None = None


class CreateDeliverabilityTestReportRequest(Shape, frozen=True, kw_only=True):
    """Have a message tested for where it would be put."""

    from_email_address: str
    content: EmailContent
    report_name: str | None = None
    tags: tuple[Tag, ...] | None = None


class CreateDeliverabilityTestReportResponse(Shape, frozen=True, kw_only=True):
    """The test that was begun."""

    report_id: str
    deliverability_test_status: TestStatus


class GetDeliverabilityTestReportRequest(Shape, frozen=True, kw_only=True):
    """Ask for one test."""

    report_id: str


class DeliverabilityTestReport(Shape, frozen=True, kw_only=True):
    """A test."""

    report_id: str | None = None
    report_name: str | None = None
    subject: str | None = None
    from_email_address: str | None = None
    create_date: Timestamp | None = None
    deliverability_test_status: TestStatus | None = None


class PlacementStatistics(Shape, frozen=True, kw_only=True):
    """Where messages were put, in percent."""

    inbox_percentage: float | None = None
    spam_percentage: float | None = None
    missing_percentage: float | None = None
    spf_percentage: float | None = None
    dkim_percentage: float | None = None


class IspPlacement(Shape, frozen=True, kw_only=True):
    """Where one provider put messages."""

    isp_name: str | None = None
    placement_statistics: PlacementStatistics | None = None


class GetDeliverabilityTestReportResponse(Shape, frozen=True, kw_only=True):
    """One test and what came of it."""

    deliverability_test_report: DeliverabilityTestReport
    overall_placement: PlacementStatistics
    isp_placements: tuple[IspPlacement, ...]
    message: str | None = None
    tags: tuple[Tag, ...] | None = None


class ListDeliverabilityTestReportsRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of tests."""

    next_token: str | None = None
    page_size: int | None = None


class ListDeliverabilityTestReportsResponse(Shape, frozen=True, kw_only=True):
    """A page of tests."""

    deliverability_test_reports: tuple[DeliverabilityTestReport, ...]
    next_token: str | None = None


class GetBlacklistReportsRequest(Shape, frozen=True, kw_only=True):
    """Ask which blacklists have these addresses."""

    blacklist_item_names: tuple[str, ...]


class BlacklistEntry(Shape, frozen=True, kw_only=True):
    """A blacklist that has an address."""

    rbl_name: str | None = None
    listing_time: Timestamp | None = None
    description: str | None = None


class GetBlacklistReportsResponse(Shape, frozen=True, kw_only=True):
    """The blacklists of each address."""

    blacklist_report: dict[str, tuple[BlacklistEntry, ...]]


class GetDomainStatisticsReportRequest(Shape, frozen=True, kw_only=True):
    """Ask for the inbox placement of a domain."""

    domain: Name
    start_date: Timestamp
    end_date: Timestamp


class VolumeStatistics(Shape, frozen=True, kw_only=True):
    """How many messages were put where."""

    inbox_raw_count: int | None = None
    spam_raw_count: int | None = None
    projected_inbox: int | None = None
    projected_spam: int | None = None


class DomainIspPlacement(Shape, frozen=True, kw_only=True):
    """Where one provider put a domain's messages."""

    isp_name: str | None = None
    inbox_raw_count: int | None = None
    spam_raw_count: int | None = None
    inbox_percentage: float | None = None
    spam_percentage: float | None = None


class OverallVolume(Shape, frozen=True, kw_only=True):
    """A domain's volume over the whole span."""

    volume_statistics: VolumeStatistics | None = None
    read_rate_percent: float | None = None
    domain_isp_placements: tuple[DomainIspPlacement, ...] | None = None


class DailyVolume(Shape, frozen=True, kw_only=True):
    """A domain's volume on one day."""

    start_date: Timestamp | None = None
    volume_statistics: VolumeStatistics | None = None
    domain_isp_placements: tuple[DomainIspPlacement, ...] | None = None


class GetDomainStatisticsReportResponse(Shape, frozen=True, kw_only=True):
    """The inbox placement of a domain."""

    overall_volume: OverallVolume
    daily_volumes: tuple[DailyVolume, ...]


class GetDomainDeliverabilityCampaignRequest(Shape, frozen=True, kw_only=True):
    """Ask for one campaign."""

    campaign_id: str


class DomainDeliverabilityCampaign(Shape, frozen=True, kw_only=True):
    """A campaign: messages of one subject and sender."""

    campaign_id: str | None = None
    image_url: str | None = None
    subject: str | None = None
    from_address: Name | None = None
    sending_ips: tuple[str, ...] | None = None
    first_seen_date_time: Timestamp | None = None
    last_seen_date_time: Timestamp | None = None
    inbox_count: int | None = None
    spam_count: int | None = None
    read_rate: float | None = None
    delete_rate: float | None = None
    read_delete_rate: float | None = None
    projected_volume: int | None = None
    esps: tuple[str, ...] | None = None


class GetDomainDeliverabilityCampaignResponse(Shape, frozen=True, kw_only=True):
    """One campaign."""

    domain_deliverability_campaign: DomainDeliverabilityCampaign


class ListDomainDeliverabilityCampaignsRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of campaigns of a domain."""

    start_date: Timestamp
    end_date: Timestamp
    subscribed_domain: str
    next_token: str | None = None
    page_size: int | None = None


class ListDomainDeliverabilityCampaignsResponse(Shape, frozen=True, kw_only=True):
    """A page of campaigns."""

    domain_deliverability_campaigns: tuple[DomainDeliverabilityCampaign, ...]
    next_token: str | None = None
