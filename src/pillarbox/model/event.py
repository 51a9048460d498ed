"""An event: something that happened to a message (facts §5). The `mail` object is the message's."""

from dataclasses import dataclass
from typing import Any

SEND = "Send"
DELIVERY = "Delivery"
BOUNCE = "Bounce"
DELIVERY_DELAY = "DeliveryDelay"
OPEN = "Open"
CLICK = "Click"
COMPLAINT = "Complaint"
REJECT = "Reject"
SUBSCRIPTION = "Subscription"
RENDERING_FAILURE = "Rendering Failure"
#: What the rows of test events say: no type of the service, so that nothing counts them.
TEST = "Test"

#: The block of an event record that carries the event's own members.
BLOCKS = {
    SEND: "send",
    DELIVERY: "delivery",
    BOUNCE: "bounce",
    DELIVERY_DELAY: "deliveryDelay",
    COMPLAINT: "complaint",
    REJECT: "reject",
    OPEN: "open",
    CLICK: "click",
    RENDERING_FAILURE: "failure",
    SUBSCRIPTION: "subscription",
}

#: What the API calls each type (facts §5.8, Appendix A).
API_TYPES = {
    SEND: "SEND",
    DELIVERY: "DELIVERY",
    BOUNCE: "BOUNCE",
    DELIVERY_DELAY: "DELIVERY_DELAY",
    COMPLAINT: "COMPLAINT",
    REJECT: "REJECT",
    OPEN: "OPEN",
    CLICK: "CLICK",
    RENDERING_FAILURE: "RENDERING_FAILURE",
    SUBSCRIPTION: "SUBSCRIPTION",
}

#: The tag that names the address of ours that a recipient's mail left by, and which events have it:
#: Delivery and what comes after (facts §5.1).
OUTGOING_IP = "ses:outgoing-ip"
HAVE_OUTGOING_IP = frozenset({DELIVERY, BOUNCE, COMPLAINT, OPEN, CLICK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of one message; `position`: the recipient it is about, None for all of them.

    `simulated`: the mailbox simulator made it, so that nothing is learned from it of a recipient or
    a sender; not stored.
    """

    id: bytes
    account_id: str
    message_id: bytes
    position: int | None
    type: str
    created_at: int
    detail: dict[str, Any]
    configuration_set: str | None = None
    simulated: bool = False
