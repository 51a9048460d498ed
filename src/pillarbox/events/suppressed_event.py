"""The event of a recipient who gets nothing because of a list. Pure.

Takes the message and the recipient, as `accept` decided; hands on a Bounce or a Complaint with the
subtype OnAccountSuppressionList, whichever put the address on the list (facts §5.2, §11), or a
Bounce of who has unsubscribed from the contact list that the message went to.
"""

from functools import partial
from typing import Any

from pillarbox.base.clock import iso8601
from pillarbox.base.ids import ses_message_id, uuid7, uuid7_after
from pillarbox.model.contacts import UNSUBSCRIBED
from pillarbox.model.event import BOUNCE, COMPLAINT, Event
from pillarbox.model.queued import Message

ON_LIST = "OnAccountSuppressionList"
STATUS = "5.1.1"
#: What the real service says, without its link.
DIAGNOSTIC = (
    "Amazon SES did not send the message to this address because it is on the suppression list for "
    "your account."
)

UNSUBSCRIBED_SUBTYPE = "UnsubscribedRecipient"
UNSUBSCRIBED_STATUS = "5.7.1"
UNSUBSCRIBED_DIAGNOSTIC = (
    "The message was not sent to this address because it has unsubscribed from the contact list or "
    "the topic."
)


def suppressed_event(
    message: Message, position: int, address: str, reason: str, *, region: str, reported_by: str
) -> Event:
    """Make the event of one suppressed recipient; `reported_by`: a name of this service."""
    happened = message.created_at
    event_id = uuid7_after(message.id, happened)
    feedback_id = ses_message_id(uuid7(happened), region)
    complained = reason == "COMPLAINT"
    unsubscribed = reason == UNSUBSCRIBED
    bounce = partial(_bounce, address, reported_by, unsubscribed=unsubscribed)
    detail = _complaint(address) if complained else bounce()
    return Event(
        id=event_id,
        account_id=message.account_id,
        message_id=message.id,
        position=position,
        type=COMPLAINT if complained else BOUNCE,
        created_at=happened,
        detail={"feedbackId": feedback_id, "timestamp": iso8601(happened), **detail},
        configuration_set=message.configuration_set,
    )


def _bounce(address: str, reported_by: str, *, unsubscribed: bool) -> dict[str, Any]:
    recipient = {
        "emailAddress": address,
        "action": "failed",
        "status": UNSUBSCRIBED_STATUS if unsubscribed else STATUS,
        "diagnosticCode": UNSUBSCRIBED_DIAGNOSTIC if unsubscribed else DIAGNOSTIC,
    }
    return {
        "bounceType": "Permanent",
        "bounceSubType": UNSUBSCRIBED_SUBTYPE if unsubscribed else ON_LIST,
        "bouncedRecipients": [recipient],
        "reportingMTA": f"dns; {reported_by}",
    }


def _complaint(address: str) -> dict[str, Any]:
    return {
        "complaintSubType": ON_LIST,
        "complainedRecipients": [{"emailAddress": address}],
    }
