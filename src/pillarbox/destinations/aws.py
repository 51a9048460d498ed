"""All that publishes to AWS in one worker: which drivers the settings give, and their end."""

from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.base.settings import Aws, Settings, is_configured
from pillarbox.destinations.aws_applications import AwsApplicationDriver
from pillarbox.destinations.aws_buses import AwsBusDriver
from pillarbox.destinations.aws_clients import AwsClients
from pillarbox.destinations.aws_metrics import AwsMetricDriver
from pillarbox.destinations.aws_streams import AwsStreamDriver
from pillarbox.destinations.aws_topics import AwsTopicDriver


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsDrivers:
    """One driver for each kind that is configured; None: it is not."""

    topics: AwsTopicDriver | None
    streams: AwsStreamDriver | None
    metrics: AwsMetricDriver | None
    buses: AwsBusDriver | None
    applications: AwsApplicationDriver | None
    clients: tuple[AwsClients, ...]

    async def close(self) -> None:
        """Close all connections."""
        for one in self.clients:
            await one.close()


def aws_clients(settings: Settings, service: str, section: Aws) -> AwsClients:
    """Give the clients of a service. `service`: as botocore names it."""
    region, ca_file = settings.service.region, settings.tls.ca_file
    return AwsClients(service, section, region=region, ca_file=ca_file)


def open_aws(settings: Settings, dropped: Callable[[str, int], None]) -> AwsDrivers:
    """Give the drivers; nothing is connected yet. `dropped`: counts what CloudWatch won't take."""
    sns = aws_clients(settings, "sns", settings.aws_sns)
    firehose = aws_clients(settings, "firehose", settings.aws_firehose)
    cloudwatch = aws_clients(settings, "cloudwatch", settings.aws_cloudwatch)
    events = aws_clients(settings, "events", settings.aws_events)
    pinpoint = aws_clients(settings, "pinpoint", settings.aws_pinpoint)
    assume_role = settings.aws_firehose.assume_role
    namespace, source = settings.aws_cloudwatch.namespace, settings.aws_events.source
    return AwsDrivers(
        topics=AwsTopicDriver(sns) if is_configured(settings.aws_sns) else None,
        streams=AwsStreamDriver(firehose, assume_role=assume_role)
        if is_configured(settings.aws_firehose)
        else None,
        metrics=AwsMetricDriver(cloudwatch, namespace, dropped)
        if is_configured(settings.aws_cloudwatch)
        else None,
        buses=AwsBusDriver(events, source) if is_configured(settings.aws_events) else None,
        applications=AwsApplicationDriver(pinpoint)
        if is_configured(settings.aws_pinpoint)
        else None,
        clients=(sns, firehose, cloudwatch, events, pinpoint),
    )
