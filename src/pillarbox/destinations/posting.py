"""What is posted to a webhook: SNS's envelope, the message alone, or a Standard Webhook. Pure.

It takes a signature of RSA, and so is made in a thread.
"""

from collections.abc import Sequence

from pillarbox.base.clock import iso8601
from pillarbox.base.ids import uuid_text
from pillarbox.destinations.message import message_of
from pillarbox.destinations.topic_urls import TopicUrls
from pillarbox.model.event import API_TYPES
from pillarbox.model.publishing import Record
from pillarbox.model.topic import STANDARD, Subscription
from pillarbox.proto.aws.sns_envelope import Posted, notification, raw_notification
from pillarbox.proto.standard_webhook import standard_webhook


def sns_posts(
    hook: Subscription, urls: TopicUrls, records: Sequence[Record], now: int
) -> dict[bytes, Posted]:
    """Write what SNS posts of records, by their events' ids; the message alone for raw delivery."""
    topic, unsubscribe_url = hook.topic, urls.unsubscribe(hook)
    signing = urls.signing(topic.signature_version)
    found = {}
    for record in records:
        message = message_of(record)
        # The same for each attempt, so that subscribers can tell a repeated one.
        message_id = uuid_text(record.event_id)
        if hook.raw:
            found[record.event_id] = raw_notification(
                topic_arn=topic.arn,
                subscription_arn=hook.arn,
                message_id=message_id,
                message=message.text,
            )
        else:
            found[record.event_id] = notification(
                topic_arn=topic.arn,
                subscription_arn=hook.arn,
                message_id=message_id,
                message=message.text,
                subject=message.subject,
                timestamp=iso8601(now),
                signing=signing,
                unsubscribe_url=unsubscribe_url,
            )
    return found


def standard_posts(
    secrets: Sequence[str], records: Sequence[Record], now: int
) -> dict[bytes, Posted | None]:
    """Write the Standard Webhooks of records, by their events' ids; None: there is nothing to say,
    since that a topic works is for subscribers of SNS.
    """
    return {
        one.event_id: None
        if one.text is not None
        else standard_webhook(
            message_id=uuid_text(one.event_id),
            kind=standard_type(one),
            happened=iso8601(one.created_at),
            data=one.body,
            secrets=secrets,
            now=now,
        )
        for one in records
    }


def standard_type(record: Record) -> str:
    """Name the type: `email.delivery`; of an identity's notification `notification.delivery`."""
    prefix = "notification" if record.notice else "email"
    return f"{prefix}.{API_TYPES[record.type].lower()}"


def is_standard(hook: Subscription) -> bool:
    """Tell whether a webhook is a Standard Webhook."""
    return hook.style == STANDARD
