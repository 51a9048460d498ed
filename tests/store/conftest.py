"""A migrated store on each engine, and rows to put into it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pillarbox.store.store import Store
from tests.store.accepting import World
from tests.store.coming_back import Back
from tests.store.rows import add_account, add_identity


@pytest.fixture
def store(migrated_url: str) -> Iterator[Store]:
    """An empty store of this release's schema, with its threads running."""
    opened = Store(migrated_url)
    opened.start()
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store) -> World:
    """A production account with the verified domain example.com."""
    with store.transaction() as conn:
        add_account(conn)
        add_identity(conn)
    return World(store)


@pytest.fixture
def back(world: World, tmp_path) -> Iterator[Back]:
    with ThreadPoolExecutor(1) as threads:
        yield Back(world, tmp_path, threads)
