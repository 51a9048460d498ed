"""The driver of Pinpoint destinations on this deployment: counts events for their recipients.

Takes events of one shard; what they tell goes into the store's `engagement`, together with their
leaving the outbox (docs/segments.md). Events that tell nothing of a recipient (a machine's open, a
rejected message) are taken and not counted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.ids import uuid7_ms
from pillarbox.model import event
from pillarbox.model.engagement import Sign, Told
from pillarbox.model.event_destination import Pinpoint
from pillarbox.model.publishing import NotYet, Outcome, Place, Published, Record
from pillarbox.store.lists.engagement import Counting, count_batch
from pillarbox.store.store import Store

HUMAN = "human"
_AUTOMATIC = "ses:"
_COUNTED = {event.SEND: "sent", event.DELIVERY: "delivered", event.COMPLAINT: "complained"}
#: A report that says a mail was none (RFC 6430) is no complaint.
_NOT_SPAM = "not-spam"
_TRACKED = {event.OPEN: "opened", event.CLICK: "clicked"}


class EngagementDriver:
    """Counts in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Count all records, or none."""
        assert isinstance(place.target, Pinpoint)  # noqa: S101 - the router's choice
        counting = Counting(
            destination_id=place.destination_id,
            account_id=place.account_id,
            application=application_of(place.target),
            told=tuple(told_by(one) for one in records),
        )
        outcome: Outcome = Published()
        try:
            await self._store.submit(count_batch, counting)
        except ServiceUnavailable:
            outcome = NotYet("the store does not answer")
        return {one.event_id: outcome for one in records}


def application_of(target: Pinpoint) -> str:
    """Give the id of the application that a destination names."""
    return (target.application_arn or "").rpartition("/")[2]


def told_by(record: Record) -> Told:
    """Say what an event tells of which recipients. Pure."""
    mail = record.body["mail"]
    kind = kind_of(record)
    addresses = recipients_of(record) if kind else ()
    tags: Mapping[str, Sequence[str]] = mail.get("tags") or {}
    return Told(
        event_id=record.event_id,
        signs=tuple(Sign(one, kind or "", record.created_at) for one in addresses),
        attributes={
            name: values[0]
            for name, values in tags.items()
            if values and not name.startswith(_AUTOMATIC)
        },
        tagged_at=uuid7_ms(record.message_id),
    )


def kind_of(record: Record) -> str | None:
    """Say what an event counts as; None: nothing."""
    block = record.body[event.BLOCKS[record.type]]
    if record.type == event.BOUNCE:
        return "bounced" if block.get("bounceType") == "Permanent" else "soft_bounced"
    if record.type in _TRACKED:
        return _TRACKED[record.type] if block.get("verdict") == HUMAN else None
    if block.get("complaintFeedbackType") == _NOT_SPAM:
        return None
    return _COUNTED.get(record.type)


def recipients_of(record: Record) -> tuple[str, ...]:
    """Give the recipients that an event is about; none where it does not say."""
    block = record.body[event.BLOCKS[record.type]]
    everybody = record.body["mail"].get("destination", ())
    match record.type:
        case event.DELIVERY:
            return tuple(block.get("recipients", ()))
        case event.BOUNCE:
            return _addresses(block.get("bouncedRecipients", ()))
        case event.COMPLAINT:
            return _addresses(block.get("complainedRecipients", ()))
        case event.OPEN | event.CLICK:
            if "recipient" in block:
                return (block["recipient"],)
            return tuple(everybody) if len(everybody) == 1 else ()
        case _:
            return tuple(everybody)


def _addresses(recipients: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(one["emailAddress"] for one in recipients)
