"""What was decided about tracking one message when it was accepted, and why."""

import msgspec
from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.base.ids import row_id_of
from pillarbox.manage.names import shortened
from pillarbox.model.queued import Message
from pillarbox.model.tracking import TrackingPlan
from pillarbox.store.mail.messages import read_messages

NOT_ASKED = (
    "Nothing is tracked: neither the message itself nor its configuration set nor a tracking "
    "setting asked for it when it was accepted."
)


def explain_tracking(conn: Connection, account_id: str, message_id: str) -> TrackingPlan:
    """Give the plan that was frozen with a message. Raises BadRequest or NotFound."""
    row_id = row_id_of(message_id)
    if row_id is None:
        raise BadRequest(f"{shortened(message_id)} is not a message id.")
    message = read_messages(conn, [row_id]).get(row_id)
    if message is None or message.account_id != account_id:
        raise NotFound(f"Message {message_id} does not exist.")
    return plan_of(message)


def plan_of(message: Message) -> TrackingPlan:
    """Give the plan that was frozen with a message."""
    if message.tracking is None:
        return TrackingPlan(reasons=(NOT_ASKED,))
    return msgspec.json.decode(message.tracking, type=TrackingPlan)
