"""The driver of Pinpoint applications in AWS, or of what speaks the API: PutEvents (facts §5.8).

Each event is filed under its recipient's endpoint. A call may be taken in part, so that it holds
one event of each message; what failed is tried again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pillarbox.base.ids import uuid_text
from pillarbox.destinations.aws_clients import AwsClients, ask, region_of
from pillarbox.destinations.batches import batches
from pillarbox.destinations.order import first_of_each
from pillarbox.destinations.pinpoint_record import endpoint_of, put_event
from pillarbox.model.event_destination import Pinpoint
from pillarbox.model.publishing import NotYet, Outcome, Place, Published, Record, Refused

#: Events of a call, and octets of them all: what PutEvents takes, with room for what lies around.
MOST_EVENTS = 100
MOST_BYTES = 3_500_000
_TRY_AGAIN = frozenset({403, 408, 409, 425, 429})
_Item = tuple[Record, dict[str, Any]]


class AwsApplicationDriver:
    """Puts events into applications."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Put the first event of each message."""
        assert isinstance(place.target, Pinpoint)  # noqa: S101 - the router's choice
        arn = place.target.application_arn or ""
        application = arn.rpartition("/")[2]
        items = [(one, put_event(one, application)) for one in first_of_each(records)]
        async with self._clients.use(region_of(arn)) as client:
            calls = batches(items, _octets, most=MOST_EVENTS, most_octets=MOST_BYTES)
            found = await asyncio.gather(*(_put(client, application, one) for one in calls))
        return {event_id: outcome for one in found for event_id, outcome in one.items()}


async def _put(client: Any, application: str, batch: Sequence[_Item]) -> dict[bytes, Outcome]:
    by_endpoint: dict[str, dict[str, Any]] = {}
    for record, event in batch:
        name, endpoint = endpoint_of(record)
        of_it = by_endpoint.setdefault(name, {"Endpoint": endpoint, "Events": {}})
        of_it["Events"][uuid_text(record.event_id)] = event
    answer = await ask(
        client.put_events(ApplicationId=application, EventsRequest={"BatchItem": by_endpoint})
    )
    if not isinstance(answer, Mapping):
        return {record.event_id: answer for record, _ in batch}
    results = answer["EventsResponse"].get("Results", {})
    return {record.event_id: _outcome_in(results, record) for record, _ in batch}


def _outcome_in(results: Mapping[str, Any], record: Record) -> Outcome:
    """Say what became of an event; where nothing was said of it, it is tried again."""
    of_endpoint = results.get(endpoint_of(record)[0], {})
    found = of_endpoint.get("EventsItemResponse", {}).get(uuid_text(record.event_id))
    if found is None:
        return NotYet("AWS said nothing of this event")
    status = found.get("StatusCode", 0)
    if 200 <= status < 300:
        return Published()
    reason = f"AWS answered {status}: {found.get('Message', '')}"
    return NotYet(reason) if status >= 500 or status in _TRY_AGAIN else Refused(reason)


def _octets(item: _Item) -> int:
    return len(msgspec.json.encode(item[1]))
