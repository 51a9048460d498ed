"""Asking a webhook whether it wants a topic: the SubscriptionConfirmation, sent once; and telling
one that it has left: the UnsubscribeConfirmation, by which it can come back.
"""

from pillarbox.base.clock import iso8601
from pillarbox.base.ids import uuid7, uuid_text
from pillarbox.destinations.topic_urls import TopicUrls
from pillarbox.destinations.webhook import Post, outcome_of
from pillarbox.model.publishing import Outcome
from pillarbox.model.topic import Subscription
from pillarbox.proto.aws.sns_envelope import confirmation


async def ask_subscriber(
    client: Post, urls: TopicUrls, hook: Subscription, now: int, *, left: bool = False
) -> Outcome:
    """Post the question to the webhook, or that it has left; give what became of it."""
    posted = confirmation(
        topic_arn=hook.topic.arn,
        message_id=uuid_text(uuid7(now)),
        token=hook.token,
        subscribe_url=urls.subscribe(hook),
        timestamp=iso8601(now),
        signing=urls.signing(hook.topic.signature_version),
        left=hook.arn if left else None,
    )
    return outcome_of(await client.post(hook.endpoint, posted.body, posted.headers))
