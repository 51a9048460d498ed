"""Publishing, opened: the drivers of one worker, which of them serves a place, and their loops.

Takes the store, the settings and what opens secrets; runs until its tasks are cancelled, and is
closed after that.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.outgoing_http import Lookup, OutgoingHttp
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import AWS_SECTIONS, Settings, is_configured
from pillarbox.destinations.asking import ask_subscriber
from pillarbox.destinations.draining import ROOM, Draining
from pillarbox.destinations.engagement import EngagementDriver
from pillarbox.destinations.metrics import MetricDriver
from pillarbox.destinations.signing import certificate_path, make_sns_key
from pillarbox.destinations.streams import StreamDriver
from pillarbox.destinations.topic_urls import TopicUrls
from pillarbox.destinations.topics import TopicDriver
from pillarbox.destinations.turn import Driver, Surroundings
from pillarbox.destinations.webhook import AT_ONCE, WebhookDriver
from pillarbox.model.event_destination import (
    CloudWatch,
    EventBridge,
    Firehose,
    Pinpoint,
    Sns,
    Target,
)
from pillarbox.model.publishing import Outcome, Place, Published, Record, Refused
from pillarbox.model.topic import Subscription
from pillarbox.observe.series import WorkerSeries
from pillarbox.store.store import Store

if TYPE_CHECKING:
    from pillarbox.destinations.aws import AwsDrivers

UNSUBSCRIBE = "sns unsubscribe"
_log = logging.getLogger(__name__)


class Counting(Protocol):
    """Counts what the metrics of a worker show."""

    def add(self, name: str, value: str = "", amount: float = 1.0) -> None:
        """Add to a counter."""


@dataclass(frozen=True, slots=True)
class Named:
    """The worker that publishes: its name, its slot on the node, its metrics."""

    owner: str
    slot: int
    metrics: Counting


class Publishing:
    """All that publishes events in one worker."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        sealer: Sealer,
        resolver: Lookup,
        worker: Named,
        *,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        metrics = worker.metrics
        self._store = store
        self._settings = settings
        self._sealer = sealer
        self._clock = clock
        self._urls: TopicUrls | None = None
        self._opening = asyncio.Lock()
        self._telling: set[asyncio.Task[None]] = set()
        self._http = open_webhook_client(settings, resolver)
        self._streams = StreamDriver(
            settings.streams_folder,
            most_bytes=settings.events.stream_bytes,
            most_seconds=settings.events.stream_seconds,
            clock=clock,
        )
        series = WorkerSeries(
            settings.data / "run" / "metrics", worker.slot, settings.events.metric_series
        )

        def dropped(why: str, number: int) -> None:
            metrics.add("pillarbox_metrics_dropped_total", why, number)

        self._metrics = MetricDriver(series, dropped)
        self._aws = _open_aws(settings, dropped)
        aws = self._aws
        self._webhooks = WebhookDriver(self._http, self._topic_urls, sealer, clock)
        self._drivers: dict[type[Target | Subscription], Driver] = {
            Subscription: self._webhooks,
            Sns: TopicDriver(store, aws.topics.publish if aws and aws.topics else None),
            Firehose: (aws and aws.streams) or self._streams,
            CloudWatch: (aws and aws.metrics) or self._metrics,
            Pinpoint: (aws and aws.applications) or EngagementDriver(store),
        }
        if aws and aws.buses:
            self._drivers[EventBridge] = aws.buses
        self.draining = Draining(
            Surroundings(
                store=store,
                owner=worker.owner,
                driver=self._driver,
                count=lambda how, n: metrics.add("pillarbox_events_published_total", how, n),
                clock=clock,
            )
        )

    async def run(self) -> None:
        """Publish until this is cancelled."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._streams.run(), name="delivery streams")
            loops.create_task(self.draining.run(), name="outbox")

    async def ask(self, hook: Subscription) -> Outcome:
        """Ask a webhook whether it wants its topic; give what became of the question."""
        urls = await self._topic_urls()
        return await ask_subscriber(self._http, urls, hook, self._clock())

    async def close(self) -> None:
        """Close files and connections, after the tasks have ended."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
        await self._streams.close()
        self._metrics.close()
        self._webhooks.close()
        await self._http.close()
        if self._aws:
            await self._aws.close()

    def tell_left(self, hook: Subscription) -> None:
        """Tell a webhook that its subscription has ended: once, whatever becomes of it."""
        task = asyncio.create_task(self._tell_left(hook), name="unsubscribe confirmation")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell_left(self, hook: Subscription) -> None:
        try:
            urls = await self._topic_urls()
            outcome = await ask_subscriber(self._http, urls, hook, self._clock(), left=True)
        except ServiceUnavailable:
            _log.warning("a webhook was not told that it left: the store does not answer")
            return
        if not isinstance(outcome, Published):
            _log.info("a webhook was not told that it left: %s", outcome.reason)

    def _driver(self, place: Place) -> Driver:
        return self._drivers.get(type(place.target), _NOBODY)

    async def _topic_urls(self) -> TopicUrls:
        """Give what envelopes need; the first time anybody does, the deployment's key is made."""
        async with self._opening:
            if self._urls is None:
                now = self._clock()
                self._urls = await self._store.write(
                    lambda conn: topic_urls(conn, self._settings, self._sealer, now)
                )
        return self._urls


def _open_aws(settings: Settings, dropped: Callable[[str, int], None]) -> "AwsDrivers | None":
    """Give the drivers of AWS where it is configured; who does without never loads its library."""
    if not any(is_configured(getattr(settings, one)) for one in AWS_SECTIONS):
        return None
    from pillarbox.destinations.aws import open_aws  # noqa: PLC0415

    return open_aws(settings, dropped)


class NoDriver:
    """Refuses what nothing of ours publishes to, so that it is listed and can be replayed."""

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Refuse all."""
        kind = type(place.target)
        reason = _MISSING.get(kind, f"nothing publishes to {kind.__name__} destinations yet")
        return {one.event_id: Refused(reason) for one in records}


_NOBODY = NoDriver()
_MISSING: dict[type, str] = {EventBridge: "[aws_events] is not configured"}


def topic_urls(conn: Connection, settings: Settings, sealer: Sealer, now: int) -> TopicUrls:
    """Give what envelopes need; the deployment's key is made where there is none."""
    host = urlsplit(settings.events_url).hostname or "localhost"
    return TopicUrls(
        base=settings.events_url,
        certificate_path=certificate_path(sealer),
        key=make_sns_key(conn, sealer, host, now),
        secret=sealer.derive(UNSUBSCRIBE),
    )


def open_webhook_client(settings: Settings, resolver: Lookup) -> OutgoingHttp:
    """Give the client that posts to webhooks."""
    return OutgoingHttp(
        resolver,
        allow_private=settings.network.allow_private_destinations,
        ca_file=settings.tls.ca_file,
        keep_alive=True,
        connections=ROOM * AT_ONCE,  # so that nobody waits for connections of those that hang
    )
