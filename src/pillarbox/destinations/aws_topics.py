"""The driver of topics in AWS: PublishBatch, up to ten events of ten messages in a call.

A topic promises no order within a batch, so that a batch holds one event of each message; the next
event of a message goes when the one before is taken. An entry that fails is tried again alone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pillarbox.base.ids import uuid_text
from pillarbox.destinations.aws_clients import AwsClients, ask, region_of
from pillarbox.destinations.aws_outcome import outcome_of_error
from pillarbox.destinations.batches import batches
from pillarbox.destinations.message import message_of
from pillarbox.destinations.order import first_of_each
from pillarbox.model.publishing import NotYet, Outcome, Published, Record

MOST_ENTRIES = 10
#: Of all messages of a batch together; the rest of the 256 KiB is for what lies around them.
MOST_BYTES = 240_000


class AwsTopicDriver:
    """Publishes to topics by their ARNs."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    async def publish(self, arn: str, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Publish the first event of each message."""
        async with self._clients.use(region_of(arn)) as client:
            entries = map(_entry, first_of_each(records))
            calls = batches(entries, _octets, most=MOST_ENTRIES, most_octets=MOST_BYTES)
            found = await asyncio.gather(*(_publish(client, arn, one) for one in calls))
        return {event_id: outcome for one in found for event_id, outcome in one.items()}


async def _publish(
    client: Any, arn: str, batch: Sequence[tuple[Record, dict[str, Any]]]
) -> dict[bytes, Outcome]:
    entries = [entry for _, entry in batch]
    answer = await ask(client.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries))
    if not isinstance(answer, Mapping):
        return {record.event_id: answer for record, _ in batch}
    taken = {one["Id"] for one in answer.get("Successful", ())}
    failed = {one["Id"]: one for one in answer.get("Failed", ())}
    return {
        record.event_id: _outcome(entry["Id"] in taken, failed.get(entry["Id"]))
        for record, entry in batch
    }


def _outcome(taken: bool, failed: Mapping[str, Any] | None) -> Outcome:
    if taken:
        return Published()
    if failed is None:
        return NotYet("AWS said nothing of this event")
    return outcome_of_error(failed.get("Code", ""), failed.get("Message", ""))


def _entry(record: Record) -> tuple[Record, dict[str, Any]]:
    message = message_of(record)
    entry = {"Id": uuid_text(record.event_id), "Message": message.text}
    return record, entry | ({} if message.subject is None else {"Subject": message.subject})


def _octets(item: tuple[Record, Mapping[str, Any]]) -> int:
    return len(item[1]["Message"].encode())
