"""The driver of delivery streams in AWS: PutRecordBatch, a record a line, as local streams have it.

A batch may be taken in part, so that it holds one event of each message: what failed is tried
again, and nothing of its message has gone before it (docs/events.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pillarbox.destinations.aws_clients import AwsClients, ask, region_of
from pillarbox.destinations.aws_outcome import outcome_of_error
from pillarbox.destinations.order import first_of_each
from pillarbox.model.event_destination import Firehose
from pillarbox.model.publishing import Outcome, Place, Published, Record


class AwsStreamDriver:
    """Puts records into streams. `assume_role`: as the role that the destination names."""

    def __init__(self, clients: AwsClients, *, assume_role: bool) -> None:
        self._clients = clients
        self._assume_role = assume_role

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Put the first event of each message. A turn's events are within Firehose's limits of
        500 records and 4 MiB.
        """
        assert isinstance(place.target, Firehose)  # noqa: S101 - the router's choice
        _, _, name = place.target.stream_arn.rpartition("/")
        role = place.target.role_arn if self._assume_role else ""
        batch = first_of_each(records)
        lines = [{"Data": msgspec.json.encode(one.body) + b"\n"} for one in batch]
        async with self._clients.use(region_of(place.target.stream_arn), role) as client:
            answer = await ask(client.put_record_batch(DeliveryStreamName=name, Records=lines))
        if not isinstance(answer, Mapping):
            return {one.event_id: answer for one in batch}
        told = answer["RequestResponses"]
        return {one.event_id: _outcome(found) for one, found in zip(batch, told, strict=True)}


def _outcome(found: Mapping[str, Any]) -> Outcome:
    code = found.get("ErrorCode")
    return outcome_of_error(code, found.get("ErrorMessage", "")) if code else Published()
