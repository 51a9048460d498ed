"""The driver of CloudWatch destinations in AWS: PutMetricData with SES's names (facts §5.6).

Each event counts 1; those of one minute with the same dimensions go as one datum, whose sum and
number of samples are what as many calls would give. The order of events means nothing here.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pillarbox.destinations.aws_clients import AwsClients, ask
from pillarbox.destinations.dimensions import aws_metric_of
from pillarbox.model.event_destination import CloudWatch, Dimension
from pillarbox.model.publishing import Outcome, Place, Published, Record, Refused

MINUTE_MS = 60_000


class AwsMetricDriver:
    """Counts in one namespace; `dropped` is told of events that CloudWatch would not take."""

    def __init__(
        self, clients: AwsClients, namespace: str, dropped: Callable[[str, int], None]
    ) -> None:
        self._clients = clients
        self._namespace = namespace
        self._dropped = dropped

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Count all records; where one makes CloudWatch refuse them all, each on its own."""
        assert isinstance(place.target, CloudWatch)  # noqa: S101 - the router's choice
        dimensions = place.target.dimensions
        async with self._clients.use() as client:
            outcome, bad = await self._put(client, records, dimensions)
            if not isinstance(outcome, Refused) or len(records) == 1:
                self._tell(bad)
                return {one.event_id: outcome for one in records}
            each = await asyncio.gather(*(self._put(client, [one], dimensions) for one in records))
        self._tell(sum(bad for _, bad in each))
        return {one.event_id: found for one, (found, _) in zip(records, each, strict=True)}

    async def _put(
        self, client: Any, records: Sequence[Record], dimensions: Sequence[Dimension]
    ) -> tuple[Outcome, int]:
        """Count records in one call; give what became of it, and how many can't be counted."""
        data, bad = data_of(records, dimensions)
        if not data:
            return Published(), bad
        answer = await ask(client.put_metric_data(Namespace=self._namespace, MetricData=data))
        return (Published() if isinstance(answer, Mapping) else answer), bad

    def _tell(self, bad: int) -> None:
        if bad:
            self._dropped("invalid", bad)


def data_of(
    records: Sequence[Record], dimensions: Sequence[Dimension]
) -> tuple[list[dict[str, Any]], int]:
    """Give the data of records, and how many records CloudWatch would not take. Pure."""
    found = [(aws_metric_of(one, dimensions), one.created_at // MINUTE_MS) for one in records]
    counts = Counter((metric, minute) for metric, minute in found if metric is not None)
    data = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": one, "Value": value} for one, value in values],
            "Timestamp": datetime.fromtimestamp(minute * MINUTE_MS / 1000, UTC),
            "Values": [1.0],
            "Counts": [float(count)],
            "Unit": "Count",
        }
        for ((name, values), minute), count in counts.items()
    ]
    return data, len(records) - counts.total()
