"""The driver of EventBridge destinations: PutEvents, with the envelope of SES's own (facts §5.7).

Up to ten events of ten messages go in a call; an entry that fails is tried again alone. The
`source` is a setting, since AWS lets nobody else call himself `aws.ses`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from pillarbox.destinations.aws_clients import AwsClients, ask, region_of
from pillarbox.destinations.aws_outcome import outcome_of_error
from pillarbox.destinations.batches import batches
from pillarbox.destinations.order import first_of_each
from pillarbox.model.event_destination import EventBridge
from pillarbox.model.publishing import Outcome, Place, Published, Record

MOST_ENTRIES = 10
#: Of all details of a call together; the rest of the 256 KiB is for what lies around them.
MOST_BYTES = 240_000
DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Reject": "Email Rejected",
    "Open": "Email Opened",
    "Click": "Email Clicked",
    "Rendering Failure": "Email Rendering Failed",
    "DeliveryDelay": "Email Delivery Delayed",
    "Subscription": "Email Subscribed",
}


class AwsBusDriver:
    """Puts events onto buses."""

    def __init__(self, clients: AwsClients, source: str) -> None:
        self._clients = clients
        self._source = source

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Put the first event of each message."""
        assert isinstance(place.target, EventBridge)  # noqa: S101 - the router's choice
        arn = place.target.bus_arn
        entries = [(one, entry_of(one, arn, self._source)) for one in first_of_each(records)]
        async with self._clients.use(region_of(arn)) as client:
            calls = batches(entries, _octets, most=MOST_ENTRIES, most_octets=MOST_BYTES)
            found = await asyncio.gather(*(_put(client, one) for one in calls))
        return {event_id: outcome for one in found for event_id, outcome in one.items()}


def entry_of(record: Record, bus_arn: str, source: str) -> dict[str, Any]:
    """Write the entry of an event. Its resource is the configuration set."""
    sets = record.body["mail"].get("tags", {}).get("ses:configuration-set", ())
    prefix = bus_arn.partition(":event-bus/")[0].replace(":events:", ":ses:")
    region_and_partition = prefix.rpartition(":")[0]
    return {
        "Source": source,
        "DetailType": DETAIL_TYPES[record.type],
        "Detail": msgspec.json.encode(record.body).decode(),
        "EventBusName": bus_arn,
        "Time": datetime.fromtimestamp(record.created_at / 1000, UTC),
        "Resources": [
            f"{region_and_partition}:{record.account_id}:configuration-set/{one}" for one in sets
        ],
    }


async def _put(client: Any, batch: Sequence[tuple[Record, dict[str, Any]]]) -> dict[bytes, Outcome]:
    answer = await ask(client.put_events(Entries=[entry for _, entry in batch]))
    if not isinstance(answer, Mapping):
        return {record.event_id: answer for record, _ in batch}
    return {
        record.event_id: _outcome(found)
        for (record, _), found in zip(batch, answer["Entries"], strict=True)
    }


def _outcome(found: Mapping[str, Any]) -> Outcome:
    code = found.get("ErrorCode")
    return outcome_of_error(code, found.get("ErrorMessage", "")) if code else Published()


def _octets(item: tuple[Record, Mapping[str, Any]]) -> int:
    return len(item[1]["Detail"].encode())
