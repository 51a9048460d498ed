"""The driver of SNS destinations: hands events on to each webhook of a local topic, or to AWS.

Each webhook then has its own place in the outbox, so that one that is down delays no other.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from pillarbox.model.event_destination import Sns
from pillarbox.model.publishing import Outcome, Place, Published, Record, Refused
from pillarbox.store.publishing.topics import find_topic, onward_of
from pillarbox.store.store import Store

PublishTo = Callable[[str, Sequence[Record]], Awaitable[Mapping[bytes, Outcome]]]


class TopicDriver:
    """Finds topics. `aws`: publishes to those that are not here; None: nothing does."""

    def __init__(self, store: Store, aws: PublishTo | None) -> None:
        self._store = store
        self._aws = aws

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Hand all records on where the account has the topic here (a turn does so by itself, but
        the topic may be made meanwhile); else have AWS publish them.
        """
        assert isinstance(place.target, Sns)  # noqa: S101 - the router's choice
        arn = place.target.topic_arn
        onward = await self._store.read(lambda conn: onward_of(conn, place.account_id, arn))
        topic = await self._store.read(lambda conn: find_topic(conn, arn))
        outcome: Outcome
        if onward is not None:
            outcome = Published(onward)
        elif topic is None and self._aws is not None:
            return await self._aws(arn, records)
        else:
            outcome = Refused(
                f"this account has no topic {arn} here, and [aws_sns] is not configured"
                if self._aws is None
                else f"this account has no topic {arn}"
            )
        return {one.event_id: outcome for one in records}
