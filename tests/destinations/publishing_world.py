"""What publishing is tested with: messages with events, a clock, a driver that can be directed."""

from collections import Counter

from sqlalchemy import insert, select

from pillarbox.base.ids import uuid7
from pillarbox.manage.topics import confirm, create_topic, subscribe
from pillarbox.model.event import Event
from pillarbox.model.publishing import Published
from pillarbox.model.topic import Subscription
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.tables import dead_letters, event_destinations, outbox
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, accepted, put

SECOND, HOUR = 1000, 3_600_000


class Directed:
    """A driver that takes everything, but for what `answers` says: by type of event, or for all.

    `told`: what was taken, with the webhook that took it before it.
    """

    def __init__(self):
        self.taken = []
        self.told = []
        self.asked = 0
        self.answers = {}
        self.everything = None

    async def publish(self, place, records):
        self.asked += 1
        outcomes = {}
        held = set()
        for one in records:
            if one.message_id in held:
                continue
            found = self.everything or self.answers.get(one.type) or Published()
            outcomes[one.event_id] = found
            held.add(one.message_id)
            if isinstance(found, Published):
                self.taken.append((one.message_id, one.type))
                hook = place.target.id if isinstance(place.target, Subscription) else None
                self.told.append((hook, one.message_id, one.type))
        return outcomes


class PublishingWorld:
    def __init__(self, store, now):
        self.store, self.now = store, now
        self.driver = Directed()
        self.counted = Counter()

    def count(self, outcome, number):
        self.counted[outcome] += number

    def destination(self, name="a", types=("SEND", "DELIVERY", "BOUNCE", "OPEN"), **more):
        """Make a destination of the set; give its id."""
        with self.store.transaction() as conn:
            create_destination(conn, name, types=types, **more)
            query = select(event_destinations.c.id).where(event_destinations.c.name == name)
            return conn.execute(query).scalar_one()

    def topic(self, name, *urls):
        """Make a topic with confirmed webhooks; give their ids."""
        region, hooks = "us-east-1", []
        with self.store.transaction() as conn:
            create_topic(conn, ACCOUNT, name, region=region, version="1", now=self.now)
            for url in urls:
                new = {"region": region, "now": self.now}
                hook = subscribe(conn, ACCOUNT, name, url, raw=False, **new)
                confirm(conn, ACCOUNT, name, hook.token, **new)
                hooks.append(hook.id)
        return hooks

    def message(self, *types, at=0):
        """Accept a message (its Send event), then let events of these types happen; give its id."""
        new = accepted(now=self.now + at, configuration_set="spring")
        with self.store.transaction() as conn:
            put(conn, new)
        for number, kind in enumerate(types, 1):
            self.event(new.message.id, kind, at=at + number)
        return new.message.id

    def event(self, message_id, kind, detail=None, at=0):
        event = Event(
            id=uuid7(self.now + at),
            account_id=ACCOUNT,
            message_id=message_id,
            position=0,
            type=kind,
            created_at=self.now + at,
            detail=detail or {},
            configuration_set="spring",
        )
        with self.store.transaction() as conn:
            insert_events(conn, [event])
        return event.id

    async def drain(self, seconds=0.1):
        """Move the clock on, and let the drainer look until it finds nothing more to do."""
        self.now += int(seconds * SECOND)
        while True:
            await self.draining.look()
            if not self.draining.busy:
                return
            await self.draining.settled()

    def rows(self, table=outbox):
        with self.store.transaction() as conn:
            return conn.execute(select(table)).all()

    def dead(self):
        return self.rows(dead_letters)

    def insert(self, table, **values):
        with self.store.transaction() as conn:
            conn.execute(insert(table).values(values))
