"""The driver of webhooks: SNS notifications to the subscribers of local topics.

Takes records; posts each, as SNS does, to one URL. Different messages go side by side, the events
of one message one after the other. What an answer means is SNS's rule (facts §5.4): 2xx took it;
429, 5xx and no answer are tried again; any other answer, redirects among them, refuses it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from pillarbox.base.clock import iso8601
from pillarbox.base.ids import uuid_text
from pillarbox.base.outgoing_http import Fetched, Unreachable
from pillarbox.destinations.message import message_of
from pillarbox.destinations.topic_urls import TopicUrls
from pillarbox.model.publishing import NotYet, Outcome, Place, Published, Record, Refused
from pillarbox.model.topic import Subscription
from pillarbox.proto.sns_envelope import Posted, notification, raw_notification

AT_ONCE = 8
#: Shown of an answer that refuses.
SHOWN = 200
_AGAIN = frozenset({408, 425, 429})


class Post(Protocol):
    """A client for servers that others name."""

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Awaitable[Fetched | Unreachable]:
        """Post a body."""


class WebhookDriver:
    """Posts to one subscription. `urls`: gives what goes into envelopes, with the signing key."""

    def __init__(
        self, client: Post, urls: Callable[[], Awaitable[TopicUrls]], clock: Callable[[], int]
    ) -> None:
        self._client = client
        self._urls = urls
        self._clock = clock

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Post the first event of each of some messages."""
        assert isinstance(place.target, Subscription)  # noqa: S101 - the router's choice
        first: dict[bytes, Record] = {}
        for record in records:
            first.setdefault(record.message_id, record)
        wave = list(first.values())[:AT_ONCE]
        urls = await self._urls()
        found = await asyncio.gather(*(self._post(place.target, urls, one) for one in wave))
        return dict(zip((one.event_id for one in wave), found, strict=True))

    async def _post(self, hook: Subscription, urls: TopicUrls, record: Record) -> Outcome:
        posted = self._posted(hook, urls, record)
        return outcome_of(await self._client.post(hook.endpoint, posted.body, posted.headers))

    def _posted(self, hook: Subscription, urls: TopicUrls, record: Record) -> Posted:
        message = message_of(record)
        # The same for each attempt, so that subscribers can tell a repeated one.
        message_id = uuid_text(record.event_id)
        if hook.raw:
            return raw_notification(
                topic_arn=hook.topic.arn,
                subscription_arn=hook.arn,
                message_id=message_id,
                message=message.text,
            )
        return notification(
            topic_arn=hook.topic.arn,
            subscription_arn=hook.arn,
            message_id=message_id,
            message=message.text,
            subject=message.subject,
            timestamp=iso8601(self._clock()),
            signing=urls.signing(hook.topic.signature_version),
            unsubscribe_url=urls.unsubscribe(hook),
        )


def outcome_of(answer: Fetched | Unreachable) -> Outcome:
    """Say what an answer means for the event. Pure."""
    if isinstance(answer, Unreachable):
        return NotYet(answer.reason)
    if 200 <= answer.status < 300:
        return Published()
    text = " ".join(answer.body[:SHOWN].decode("utf-8", "replace").split())
    reason = f"it answered {answer.status}" + (f": {text}" if text else "")
    return NotYet(reason) if answer.status in _AGAIN or answer.status >= 500 else Refused(reason)
