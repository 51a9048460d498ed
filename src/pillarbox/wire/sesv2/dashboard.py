"""The nine operations of the deliverability dashboard, for an account that has not enabled it.

The dashboard is a subscription to measurements in other providers' mailboxes, which a service of
one's own can't have. Nothing is made up: lists are empty, what would be looked up is not there, and
enabling it is refused (docs/compat.md).
"""

from dataclasses import dataclass
from typing import Any

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.names import shortened
from pillarbox.manage.paging import Paging, read_page
from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.http.operation import AnyOperation, Call, Handler, Operation
from pillarbox.wire.sesv2.dashboard_shapes import (
    CreateDeliverabilityTestReportRequest,
    CreateDeliverabilityTestReportResponse,
    GetBlacklistReportsRequest,
    GetBlacklistReportsResponse,
    GetDeliverabilityDashboardOptionsResponse,
    GetDeliverabilityTestReportRequest,
    GetDeliverabilityTestReportResponse,
    GetDomainDeliverabilityCampaignRequest,
    GetDomainDeliverabilityCampaignResponse,
    GetDomainStatisticsReportRequest,
    GetDomainStatisticsReportResponse,
    ListDeliverabilityTestReportsRequest,
    ListDeliverabilityTestReportsResponse,
    ListDomainDeliverabilityCampaignsRequest,
    ListDomainDeliverabilityCampaignsResponse,
    PutDeliverabilityDashboardOptionRequest,
)
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import PAGE_QUERY, Empty

PATH = "/v2/email/deliverability-dashboard"
REPORTS = PATH + "/test-reports"
_SPAN = ("StartDate", "EndDate")
NOT_ENABLED = "The Deliverability dashboard isn't enabled for this account."
NOT_TO_BE_HAD = "The Deliverability dashboard can't be enabled: this service doesn't have it."


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The handlers; they are the same in both APIs."""

    services: Services

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            _get("GetDeliverabilityDashboardOptions", PATH, Empty, self.options),
            Operation(
                name="PutDeliverabilityDashboardOption",
                method="PUT",
                path=PATH,
                request=PutDeliverabilityDashboardOptionRequest,
                handler=self.put_option,
            ),
            Operation(
                name="CreateDeliverabilityTestReport",
                method="POST",
                path=PATH + "/test",
                request=CreateDeliverabilityTestReportRequest,
                handler=self.create_report,
            ),
            _get(
                "GetDeliverabilityTestReport",
                REPORTS + "/{ReportId}",
                GetDeliverabilityTestReportRequest,
                self.report,
            ),
            _get(
                "ListDeliverabilityTestReports",
                REPORTS,
                ListDeliverabilityTestReportsRequest,
                self.reports,
                PAGE_QUERY,
            ),
            *self._measurements(),
        )

    def _measurements(self) -> tuple[AnyOperation, ...]:
        """Give the operations that ask for what is measured only with a subscription."""
        return (
            _get(
                "GetBlacklistReports",
                PATH + "/blacklist-report",
                GetBlacklistReportsRequest,
                self.blacklists,
                ("BlacklistItemNames",),
            ),
            _get(
                "GetDomainStatisticsReport",
                PATH + "/statistics-report/{Domain}",
                GetDomainStatisticsReportRequest,
                self.statistics,
                _SPAN,
            ),
            _get(
                "GetDomainDeliverabilityCampaign",
                PATH + "/campaigns/{CampaignId}",
                GetDomainDeliverabilityCampaignRequest,
                self.campaign,
            ),
            _get(
                "ListDomainDeliverabilityCampaigns",
                PATH + "/domains/{SubscribedDomain}/campaigns",
                ListDomainDeliverabilityCampaignsRequest,
                self.campaigns,
                (*_SPAN, *PAGE_QUERY),
            ),
        )

    async def options(self, _call: Call[Empty]) -> GetDeliverabilityDashboardOptionsResponse:
        """GetDeliverabilityDashboardOptions."""
        return GetDeliverabilityDashboardOptionsResponse(
            dashboard_enabled=False,
            account_status="DISABLED",
            active_subscribed_domains=(),
            pending_expiration_subscribed_domains=(),
        )

    async def put_option(self, call: Call[PutDeliverabilityDashboardOptionRequest]) -> None:
        """PutDeliverabilityDashboardOption: disabling what is disabled is no error."""
        if call.request.dashboard_enabled:
            raise BadRequest(NOT_TO_BE_HAD)

    async def create_report(
        self, _call: Call[CreateDeliverabilityTestReportRequest]
    ) -> CreateDeliverabilityTestReportResponse:
        """CreateDeliverabilityTestReport."""
        raise BadRequest(NOT_ENABLED)

    async def report(
        self, call: Call[GetDeliverabilityTestReportRequest]
    ) -> GetDeliverabilityTestReportResponse:
        """GetDeliverabilityTestReport."""
        wanted = shortened(call.request.report_id)
        raise NotFound(f"Deliverability test report <{wanted}> does not exist.")

    async def reports(
        self, call: Call[ListDeliverabilityTestReportsRequest]
    ) -> ListDeliverabilityTestReportsResponse:
        """ListDeliverabilityTestReports."""
        paging = Paging(self.services.paging_key, call.caller.account_id, "test-reports")
        read_page(paging, call.request.next_token, call.request.page_size)
        return ListDeliverabilityTestReportsResponse(deliverability_test_reports=())

    async def blacklists(
        self, _call: Call[GetBlacklistReportsRequest]
    ) -> GetBlacklistReportsResponse:
        """GetBlacklistReports."""
        raise BadRequest(NOT_ENABLED)

    async def statistics(
        self, _call: Call[GetDomainStatisticsReportRequest]
    ) -> GetDomainStatisticsReportResponse:
        """GetDomainStatisticsReport."""
        raise BadRequest(NOT_ENABLED)

    async def campaign(
        self, call: Call[GetDomainDeliverabilityCampaignRequest]
    ) -> GetDomainDeliverabilityCampaignResponse:
        """GetDomainDeliverabilityCampaign."""
        wanted = shortened(call.request.campaign_id)
        raise NotFound(f"Campaign <{wanted}> does not exist.")

    async def campaigns(
        self, _call: Call[ListDomainDeliverabilityCampaignsRequest]
    ) -> ListDomainDeliverabilityCampaignsResponse:
        """ListDomainDeliverabilityCampaigns."""
        raise BadRequest(NOT_ENABLED)


def _get(
    name: str, path: str, request: type[Shape], handler: Handler[Any], query: tuple[str, ...] = ()
) -> AnyOperation:
    return Operation(
        name=name, method="GET", path=path, request=request, handler=handler, query=query
    )
