"""An event as Pinpoint tells of it: the `_email.…` record (facts §5.8), and what PutEvents takes
of it. Pure.

A bounce's own members beyond `bounce_sub_type`, and those of the types whose record nobody has
written down, are SES's with underscores (docs/compat-rules.md).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from pillarbox.base.clock import iso8601
from pillarbox.base.ids import uuid_text
from pillarbox.destinations.engagement import recipients_of
from pillarbox.model import event
from pillarbox.model.publishing import Record

VERSION = "3.1"
TYPES = {
    event.SEND: "_email.send",
    event.DELIVERY: "_email.delivered",
    event.REJECT: "_email.rejected",
    event.COMPLAINT: "_email.complaint",
    event.OPEN: "_email.open",
    event.CLICK: "_email.click",
    "Rendering Failure": "_email.rendering_failure",
}
_FEEDBACK = {event.SEND: "received", event.DELIVERY: "delivered", event.OPEN: "opened"}
#: Of one attribute, and of all of an event: what Pinpoint takes (its quotas of events).
MOST_VALUE = 200
MOST_ATTRIBUTES = 40
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def event_type(record: Record) -> str:
    """Name an event as Pinpoint does."""
    if record.type == event.BOUNCE:
        permanent = record.body["bounce"].get("bounceType") == "Permanent"
        return "_email.hardbounce" if permanent else "_email.softbounce"
    return TYPES[record.type]


def pinpoint_record(record: Record, application: str) -> dict[str, Any]:
    """Write the record of an event."""
    mail = record.body["mail"]
    sent_at = _ms(mail.get("timestamp"), record.created_at)
    name = event.BLOCKS[record.type]
    return {
        "event_type": event_type(record),
        "event_timestamp": sent_at,
        "arrival_timestamp": record.created_at,
        "event_version": VERSION,
        "application": {"app_id": application, "sdk": {}},
        "client": {"client_id": uuid_text(record.event_id)},
        "device": {"platform": {}},
        "session": {},
        "attributes": _attributes(record),
        "awsAccountId": record.account_id,
        "facets": {
            "email_channel": {
                "mail_event": {"mail": _mail(mail, sent_at), name: _snake(_block(record))}
            }
        },
    }


def endpoint_of(record: Record) -> tuple[str, dict[str, str]]:
    """Give the endpoint that an event is filed under, by its id: the first recipient it is about;
    the message where it does not say.
    """
    address = next(iter(recipients_of(record)), "")
    if not address:
        return uuid_text(record.message_id), {}
    name = sha256(address.lower().encode()).hexdigest()[:32]
    return name, {"ChannelType": "EMAIL", "Address": address}


def put_event(record: Record, application: str) -> dict[str, Any]:
    """Write an event for PutEvents, which has no facets: each member of theirs is an attribute, or
    a metric where it is a number, under its path below `mail_event`. Headers are left out, what
    is too long is cut.
    """
    made = pinpoint_record(record, application)
    attributes: dict[str, str] = dict(made["attributes"])
    metrics: dict[str, float] = {}
    facets = made["facets"]["email_channel"]["mail_event"]
    facets["mail"].pop("headers", None)
    for path, value in _flat(facets):
        if isinstance(value, str):
            attributes[path] = value
        else:
            metrics[path] = float(value)
    kept = [(name, text) for name, text in attributes.items() if text][:MOST_ATTRIBUTES]
    return {
        "EventType": made["event_type"],
        "Timestamp": iso8601(record.created_at),
        "Attributes": {name: text[:MOST_VALUE] for name, text in kept},
        "Metrics": metrics,
    }


def _attributes(record: Record) -> dict[str, str]:
    if record.type == event.CLICK:
        return {"feedback": record.body["click"].get("link") or ""}
    feedback = _FEEDBACK.get(record.type)
    return {"feedback": feedback} if feedback else {}


def _mail(mail: Mapping[str, Any], sent_at: int) -> dict[str, Any]:
    common = dict(mail.get("commonHeaders") or {})
    author = common.pop("from", None)
    made = {
        "message_id": mail["messageId"],
        "message_send_timestamp": sent_at,
        "from_address": mail.get("source", ""),
        "destination": list(mail.get("destination", ())),
        "headers_truncated": bool(mail.get("headersTruncated", False)),
        "headers": list(mail.get("headers", ())),
    }
    head = {"from": ", ".join(author)} if author else {}
    return {**made, "common_headers": {**head, **_snake(common)}}


def _block(record: Record) -> dict[str, Any]:
    """Give an event's own block without what its record has elsewhere, or nowhere."""
    block = record.body[event.BLOCKS[record.type]]
    ours = ("timestamp", "verdict", "device", "location", "recipient")
    return {name: value for name, value in block.items() if name not in ours}


def _snake(value: Any) -> Any:
    """Write the names of members with underscores: `smtpResponse` is `smtp_response`."""
    if isinstance(value, Mapping):
        return {_snaked(name): _snake(one) for name, one in value.items()}
    return [_snake(one) for one in value] if isinstance(value, list) else value


def _snaked(name: str) -> str:
    return _HUMP.sub("_", name.replace("MTA", "Mta")).lower()


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str | float]]:
    """Give what is in nested members, each with its path; lists of texts are one text."""
    match value:
        case Mapping():
            for name, one in value.items():
                yield from _flat(one, f"{path}.{name}" if path else name)
        case list():
            texts = [one for one in value if isinstance(one, str)]
            if texts:
                yield path, ", ".join(texts)
            for number, one in enumerate(value):
                if isinstance(one, Mapping):
                    yield from _flat(one, f"{path}.{number}")
        case bool():
            yield path, str(value).lower()
        case int() | float() | str():
            yield path, value


def _ms(timestamp: str | None, otherwise: int) -> int:
    if timestamp is None:
        return otherwise
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)
