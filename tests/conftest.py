"""Fixtures for every folder of tests: a real PostgreSQL, and `store_url` over both engines."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.peers.postgres import Postgres

# No property fails because the machine is busy; CI tries the same examples each time.
settings.register_profile(
    "pillarbox",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("pillarbox")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server for the session, without fsync: ordinary tests pull no plug."""
    server = Postgres.start()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """A fresh, empty database."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database of each engine; a test that takes this holds for both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'pillarbox.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
