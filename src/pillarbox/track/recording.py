"""From receipts of the journal to Open and Click events (facts §5.4), once each.

`look_up` reads what is known of the messages, `events_of` decides purely, `record_batch` writes.
Whatever takes long (user agents, locations, a message's HTML) happens outside the transaction that
writes. Beyond what SES puts into the blocks, ours say `verdict`, `device`, `location` and
`recipient`; SES clients ignore what they do not know.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pillarbox.base.clock import iso8601
from pillarbox.base.ids import uuid7_ms
from pillarbox.model.event import CLICK, OPEN, Event
from pillarbox.model.queued import Message
from pillarbox.model.tracking import ANONYMOUS, TRAP
from pillarbox.render.templated import compose_stored
from pillarbox.store.mail.messages import read_contents, read_messages
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.tracking.tracked import clicks_between, known_events, tracked_recipients
from pillarbox.track.agent import read_agent
from pillarbox.track.receipt import Receipt
from pillarbox.track.verdict import (
    AFTER_DELIVERY_MS,
    BURST_LINKS,
    BURST_MS,
    Clicks,
    in_burst,
    verdict_of,
)

LinkTags = Mapping[int, Mapping[str, Sequence[str]]]
ReadTags = Callable[[bytes], LinkTags]
FindPlace = Callable[[str], dict[str, str] | None]
_Recipient = tuple[bytes, int]
_TRAPPED = tuple(f"trap {number}" for number in range(BURST_LINKS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store says of the messages of some receipts. `recipients`: address and time of
    delivery; `clicks`: what was clicked close to these receipts before.
    """

    messages: Mapping[bytes, Message]
    recipients: Mapping[_Recipient, tuple[str, int | None]]
    clicks: Sequence[tuple[bytes, int, int, str]]
    contents: Mapping[bytes, bytes]


def look_up(conn: Connection, receipts: Sequence[Receipt]) -> Known:
    """Read what is known of the messages of these receipts."""
    messages = read_messages(conn, {one.message_id for one in receipts})
    positions = {one.position for one in receipts if one.position != ANONYMOUS}
    recipients = tracked_recipients(conn, messages.keys(), positions)
    fresh = {
        one.message_id
        for one in receipts
        if one.link is not None
        and one.message_id in messages
        and uuid7_ms(one.id) - _since(one, messages, recipients) <= AFTER_DELIVERY_MS
    }
    times = [uuid7_ms(one.id) for one in receipts]
    tagged = {one.message_id for one in receipts if one.tagged and one.link is not None}
    return Known(
        messages=messages,
        recipients=recipients,
        clicks=clicks_between(conn, fresh, min(times) - BURST_MS, max(times) + BURST_MS),
        contents=_read_whole(conn, tagged, messages) if tagged else {},
    )


def _read_whole(
    conn: Connection, ids: Iterable[bytes], messages: Mapping[bytes, Message]
) -> dict[bytes, bytes]:
    """Give the contents of messages; those made from templates are made again."""
    contents = read_contents(conn, ids)
    return {
        one: compose_stored(conn, messages[one], content)
        for one, content in contents.items()
        if one in messages
    }


def _since(
    receipt: Receipt,
    messages: Mapping[bytes, Message],
    recipients: Mapping[_Recipient, tuple[str, int | None]],
) -> int:
    """Give when the recipient's mail was delivered; accepted, where it is not: a scanner may come
    before the receiving server has answered.
    """
    _, delivered = recipients.get((receipt.message_id, receipt.position), ("", None))
    return messages[receipt.message_id].created_at if delivered is None else delivered


def events_of(
    receipts: Sequence[Receipt],
    known: Known,
    find_place: FindPlace,
    read_tags: ReadTags,
) -> list[Event]:
    """Make the events of receipts; none for messages that are no longer known."""
    clicks = _clicks(receipts, known)
    tags = {message: read_tags(content) for message, content in known.contents.items()}
    return [
        _event(one, known, clicks, find_place(one.ip), tags.get(one.message_id, {}))
        for one in receipts
        if one.message_id in known.messages
    ]


def _clicks(receipts: Sequence[Receipt], known: Known) -> Mapping[_Recipient, Clicks]:
    clicks: defaultdict[_Recipient, defaultdict[str, list[int]]]
    clicks = defaultdict(lambda: defaultdict(list))
    for message_id, position, at, link in known.clicks:
        clicks[message_id, position][link].append(at)
    for one in receipts:
        # The trap makes a burst by itself: whoever followed it followed the other links too.
        links = _TRAPPED if one.link == TRAP else (one.target,) if one.target else ()
        for link in links:
            clicks[one.message_id, one.position][link].append(uuid7_ms(one.id))
    for by_link in clicks.values():
        for times in by_link.values():
            times.sort()
    return clicks


def _event(
    receipt: Receipt,
    known: Known,
    clicks: Mapping[_Recipient, Clicks],
    place: dict[str, str] | None,
    tags: LinkTags,
) -> Event:
    message, at = known.messages[receipt.message_id], uuid7_ms(receipt.id)
    recipient = (receipt.message_id, receipt.position)
    address, _ = known.recipients.get(recipient, (None, None))
    burst = (
        receipt.target is not None
        and receipt.position != ANONYMOUS
        and in_burst(at, clicks[recipient], _since(receipt, known.messages, known.recipients))
    )
    agent = read_agent(receipt.user_agent)
    detail: dict[str, Any] = {"ipAddress": receipt.ip}
    if receipt.link is not None:
        detail |= {"link": receipt.target, "linkTags": tags.get(receipt.link) or None}
    detail |= {"timestamp": iso8601(at), "userAgent": receipt.user_agent}
    detail["verdict"] = verdict_of(
        agent,
        head=receipt.head,
        prefetch=receipt.prefetch,
        burst=burst,
        trapped=receipt.link == TRAP,
    )
    detail["device"] = agent.device
    detail |= {"location": place} if place else {}
    detail |= {"recipient": address} if address else {}
    return Event(
        id=receipt.id,
        account_id=message.account_id,
        message_id=message.id,
        position=None if receipt.position == ANONYMOUS else receipt.position,
        type=OPEN if receipt.link is None else CLICK,
        created_at=at,
        detail=detail,
        configuration_set=message.configuration_set,
    )


def record_batch(conn: Connection, batches: Sequence[Sequence[Event]]) -> list[list[Event]]:
    """Store events that are not stored yet (a batch function of `store/writer.py`); give them."""
    known = known_events(conn, [event.id for batch in batches for event in batch])
    fresh = [[event for event in batch if event.id not in known] for batch in batches]
    insert_events(conn, [event for batch in fresh for event in batch])
    return fresh
