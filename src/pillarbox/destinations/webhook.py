"""The driver of webhooks: SNS notifications and Standard Webhooks to subscribers of local topics.

Takes records; posts each, as SNS does, to one URL. Different messages go side by side, the events
of one message one after the other. What an answer means is SNS's rule (facts §5.4): 2xx took it;
429, 5xx and no answer are tried again; any other answer, redirects among them, refuses it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from pillarbox.base.outgoing_http import Fetched, Unreachable
from pillarbox.base.secrets import Sealer
from pillarbox.destinations.posting import is_standard, sns_posts, standard_posts
from pillarbox.destinations.report import DOWN_AFTER
from pillarbox.destinations.topic_urls import TopicUrls
from pillarbox.destinations.webhook_secrets import signing_secrets
from pillarbox.model.publishing import NotYet, Outcome, Place, Published, Record, Refused
from pillarbox.model.topic import Subscription
from pillarbox.proto.aws.sns_envelope import Posted

AT_ONCE = 8
#: No event is posted after so long; with the time that one may take, a round ends within
#: `turn.PUBLISH_SECONDS`.
ROUND_SECONDS = 10.0
THREADS = 2
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
        self,
        client: Post,
        urls: Callable[[], Awaitable[TopicUrls]],
        sealer: Sealer,
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._urls = urls
        self._sealer = sealer
        self._clock = clock
        self._thread = ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks")

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Post events: of several messages side by side, of each message one after the other.

        Leaves off when the subscriber seems to be down, or when the time is over.
        """
        assert isinstance(place.target, Subscription)  # noqa: S101 - the router's choice
        hook, posts = place.target, await self._posts(place.target, records)
        return await Round(self._client, hook.endpoint, posts).run(records)

    def close(self) -> None:
        """End the threads."""
        self._thread.shutdown()

    async def _posts(
        self, hook: Subscription, records: Sequence[Record]
    ) -> Mapping[bytes, Posted | None]:
        now, loop = self._clock(), asyncio.get_running_loop()
        if is_standard(hook):
            secrets = signing_secrets(self._sealer, hook, now)
            work = partial(standard_posts, secrets, records, now)
            return await loop.run_in_executor(self._thread, work)
        urls = await self._urls()
        return await loop.run_in_executor(self._thread, sns_posts, hook, urls, records, now)


class Round:
    """One round of posting to one URL. `posts`: by events' ids, None: nothing is to be said."""

    def __init__(self, client: Post, url: str, posts: Mapping[bytes, Posted | None]) -> None:
        self._client = client
        self._url = url
        self._posts = posts
        self._failed_in_a_row = 0
        self._outcomes: dict[bytes, Outcome] = {}

    async def run(self, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Post what can be posted; give what became of it, by the events' ids."""
        messages: dict[bytes, list[Record]] = {}
        for record in records:
            messages.setdefault(record.message_id, []).append(record)
        self._left = iter(messages.values())
        self._over = asyncio.get_running_loop().time() + ROUND_SECONDS
        await asyncio.gather(*(self._go_on() for _ in range(min(AT_ONCE, len(messages)))))
        return self._outcomes

    async def _go_on(self) -> None:
        for message in self._left:
            for record in message:
                if self._outcomes and self._is_over():
                    return
                outcome = await self._post(record)
                self._outcomes[record.event_id] = outcome
                if isinstance(outcome, NotYet):
                    self._failed_in_a_row += 1
                    break
                self._failed_in_a_row = 0

    def _is_over(self) -> bool:
        late = asyncio.get_running_loop().time() > self._over
        return late or self._failed_in_a_row >= DOWN_AFTER

    async def _post(self, record: Record) -> Outcome:
        posted = self._posts[record.event_id]
        if posted is None:
            return Published()
        return outcome_of(await self._client.post(self._url, posted.body, posted.headers))


def outcome_of(answer: Fetched | Unreachable) -> Outcome:
    """Say what an answer means for the event. Pure."""
    if isinstance(answer, Unreachable):
        return NotYet(answer.reason)
    if 200 <= answer.status < 300:
        return Published()
    text = " ".join(answer.body[:SHOWN].decode("utf-8", "replace").split())
    reason = f"it answered {answer.status}" + (f": {text}" if text else "")
    return NotYet(reason) if answer.status in _AGAIN or answer.status >= 500 else Refused(reason)
