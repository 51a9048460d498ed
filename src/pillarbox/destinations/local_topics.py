"""The driver of SNS destinations: hands events on to each webhook of a local topic.

Each webhook then has its own place in the outbox, so that one that is down delays no other.
"""

from collections.abc import Mapping, Sequence

from pillarbox.model.event_destination import Sns
from pillarbox.model.publishing import NotYet, Outcome, Place, Published, Record
from pillarbox.store.store import Store
from pillarbox.store.topics import find_topic, list_subscriptions


class TopicDriver:
    """Finds the webhooks of a topic."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Hand all records on, or none where the account has no such topic here."""
        assert isinstance(place.target, Sns)  # noqa: S101 - the router's choice
        arn = place.target.topic_arn
        topic = await self._store.read(lambda conn: find_topic(conn, arn))
        outcome: Outcome
        if topic is None or topic.account_id != place.account_id:
            outcome = NotYet(f"no topic of this deployment has the ARN {arn}")
        else:
            hooks = await self._store.read(lambda conn: list_subscriptions(conn, arn))
            outcome = Published(tuple(one.id for one in hooks if one.confirmed))
        return {one.event_id: outcome for one in records}
