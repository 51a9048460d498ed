"""A store with a configuration set, and a drainer over a driver that tests direct."""

import pytest

from pillarbox.destinations.draining import Draining
from pillarbox.destinations.turn import Surroundings
from pillarbox.store.store import Store
from tests.destinations.publishing_world import PublishingWorld
from tests.store.rows import NOW, add_account, add_configuration_set


@pytest.fixture
async def world(migrated_url):
    """A started store with the set `spring`, and nothing that publishes."""
    store = Store(migrated_url)
    store.start()
    with store.transaction() as conn:
        add_account(conn)
        add_configuration_set(conn)
    made = PublishingWorld(store, NOW)

    def draining(owner="node/0", driver=None):
        surroundings = Surroundings(
            store=store,
            owner=owner,
            driver=lambda _place: driver or made.driver,
            count=made.count,
            clock=lambda: made.now,
        )
        return Draining(surroundings)

    made.new_draining = draining
    made.draining = draining()
    yield made
    await made.draining.settled()
    store.close()
