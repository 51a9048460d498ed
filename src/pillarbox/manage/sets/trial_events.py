"""Test events: one clearly marked event for one event destination, by the way of all others.

A test event is of no message: no statistic counts it, nothing is learned from it of a recipient or
a sender. Functions on a connection, to be run in a transaction of the store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pillarbox.base.clock import iso8601
from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.base.ids import ses_message_id, uuid7
from pillarbox.model.event import API_TYPES, BLOCKS
from pillarbox.model.publishing import SHARDS
from pillarbox.store.publishing import trial_events as rows
from pillarbox.store.sets.event_destinations import find_destination_row

#: The tag that marks the record of a test event, beside its subject.
MARK = "pillarbox:test-event"
SUBJECT = "Test event from Pillarbox: no mail was sent"
_SENDER, _RECIPIENT = "sender@example.com", "recipient@example.com"
_AGENT = "Pillarbox test event"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialState:
    """What became of a test event. `waiting`, `dead`: where it has not arrived."""

    event_id: bytes
    created_at: int
    record: Mapping[str, Any]
    waiting: Sequence[rows.TrialStep]
    dead: Sequence[rows.TrialStep]

    @property
    def state(self) -> str:
        """`waits`, `refused`, or `published`."""
        if self.waiting:
            return "waits"
        return "refused" if self.dead else "published"


def send_trial(
    conn: Connection,
    account_id: str,
    set_name: str,
    name: str,
    kind: str,
    *,
    region: str,
    now: int,
) -> bytes:
    """Put a test event of a type (as the API names it) on its way; give its id.

    Raises NotFound, and BadRequest for a type that the destination does not get, or when it is
    disabled.
    """
    found = find_destination_row(conn, account_id, set_name, name)
    if found is None:
        raise NotFound(f"There is no event destination {name}.")
    row_id, destination = found
    if kind not in destination.event_types:
        raise BadRequest("Choose one of the types that this destination gets.")
    if not destination.enabled:
        raise BadRequest("This destination is disabled: nothing is published there.")
    message_id = rows.trial_message_id()
    told = ses_message_id(message_id, region)
    trial = rows.TrialEvent(
        event_id=uuid7(now),
        account_id=account_id,
        message_id=message_id,
        created_at=now,
        record=trial_record(kind, account_id, set_name, message_id=told, region=region, now=now),
    )
    rows.insert_trial(conn, trial, row_id, SHARDS)
    return trial.event_id


def trial_state(conn: Connection, account_id: str, event_id: bytes) -> TrialState:
    """Tell what became of a test event. Raises NotFound."""
    trial = rows.find_trial(conn, account_id, event_id)
    if trial is None:
        raise NotFound("There is no such test event, or it is too old to be kept.")
    steps = rows.trial_steps(conn, event_id)
    return TrialState(
        event_id=event_id,
        created_at=trial.created_at,
        record=trial.record,
        waiting=[one for one in steps if not one.dead],
        dead=[one for one in steps if one.dead],
    )


def trial_record(
    kind: str, account_id: str, set_name: str, *, message_id: str, region: str, now: int
) -> dict[str, Any]:
    """Make the record of a test event (facts §5) of a type, as the API names it."""
    own = next(name for name, api in API_TYPES.items() if api == kind)
    when = iso8601(now)
    headers = [("From", _SENDER), ("To", _RECIPIENT), ("Subject", SUBJECT)]
    return {
        "eventType": own,
        "mail": {
            "timestamp": when,
            "source": _SENDER,
            "sourceArn": f"arn:aws:ses:{region}:{account_id}:identity/example.com",
            "sendingAccountId": account_id,
            "messageId": message_id,
            "destination": [_RECIPIENT],
            "headersTruncated": False,
            "headers": [{"name": header, "value": value} for header, value in headers],
            "commonHeaders": {
                "from": [_SENDER],
                "to": [_RECIPIENT],
                "messageId": message_id,
                "subject": SUBJECT,
            },
            "tags": {
                "ses:configuration-set": [set_name],
                "ses:from-domain": ["example.com"],
                MARK: ["true"],
            },
        },
        BLOCKS[own]: _block(kind, message_id, when),
    }


def _block(kind: str, message_id: str, when: str) -> dict[str, Any]:
    """Give a type's own block."""
    whom = {"emailAddress": _RECIPIENT}
    visit = {"ipAddress": "192.0.2.1", "timestamp": when, "userAgent": _AGENT}
    bounced = {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 a test"}
    preferences = {"unsubscribeAll": False, "topicSubscriptionStatus": []}
    blocks: dict[str, dict[str, Any]] = {
        "SEND": {},
        "REJECT": {"reason": "Bad content"},
        "DELIVERY": {
            "timestamp": when,
            "processingTimeMillis": 1000,
            "recipients": [_RECIPIENT],
            "smtpResponse": "250 2.0.0 OK",
            "reportingMTA": "mail.example.com",
        },
        "BOUNCE": {
            "feedbackId": message_id,
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [whom | bounced],
            "timestamp": when,
            "reportingMTA": "dns; mail.example.com",
        },
        "COMPLAINT": {
            "feedbackId": message_id,
            "complaintSubType": None,
            "complainedRecipients": [whom],
            "timestamp": when,
            "userAgent": _AGENT,
            "complaintFeedbackType": "abuse",
            "arrivalDate": when,
        },
        "OPEN": visit,
        "CLICK": visit | {"link": "https://example.com/", "linkTags": None},
        "RENDERING_FAILURE": {"errorMessage": SUBJECT, "templateName": "test"},
        "DELIVERY_DELAY": {
            "timestamp": when,
            "delayType": "General",
            "expirationTime": when,
            "delayedRecipients": [
                whom | {"status": "4.4.7", "diagnosticCode": "smtp; 450 4.4.7 a test"}
            ],
        },
        "SUBSCRIPTION": {
            "contactList": "test",
            "timestamp": when,
            "source": "Pillarbox",
            "newTopicPreferences": preferences | {"unsubscribeAll": True},
            "oldTopicPreferences": preferences,
        },
    }
    return blocks[kind]
