"""A recipient's copy of mail to a contact list: it says where to unsubscribe.

Takes the message as it was accepted and its ListPlan; hands on the octets, not yet tracked. The
link of the footer is that of the List-Unsubscribe field, so it is not tracked (`tracked_copy`).
"""

from pillarbox.model.contacts import ListPlan
from pillarbox.model.queued import Message
from pillarbox.proto.links.unsubscribe_token import UnsubscribeLink, write_unsubscribe_url
from pillarbox.proto.mime.unsubscribe import with_unsubscribe

#: What the key of unsubscribe links is derived for.
UNSUBSCRIBE_KEY = "unsubscribe links"


def list_copy(content: bytes, message: Message, plan: ListPlan, key: bytes, position: int) -> bytes:
    """Write the copy of one recipient."""
    link = UnsubscribeLink(
        account_id=message.account_id,
        list_name=plan.list_name,
        topic=plan.topic,
        address=plan.addresses[position],
        message_id=message.id,
        position=position,
    )
    return with_unsubscribe(content, write_unsubscribe_url(link, plan.base, key))
